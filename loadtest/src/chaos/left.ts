// What is left in Redis at the end of a run.
import { setTimeout as pause } from 'node:timers/promises';
import { GROUP, type Keys, type Redis } from '@synset/shared';
import type { Evidence } from './judge.ts';

const DEADLINE_MS = 20_000;

/** As soon as nothing waits or runs, or what it is after a while. */
export async function leftJobs(
  redis: Redis,
  keys: Keys,
): Promise<Pick<Evidence, 'backlog' | 'pending'>> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const backlog = await redis.xLen(keys.jobs);
    const { pending } = await redis.xPending(keys.jobs, GROUP);
    if (backlog + pending === 0 || performance.now() > deadline) return { backlog, pending };
    await pause(100);
  }
}

/** Keys that do not expire and are not meant to stay. */
export async function lastingKeys(redis: Redis, keys: Keys): Promise<string[]> {
  const mayStay = [
    ...[keys.jobs, keys.dead, keys.workers, keys.idempotencySecret],
    ...[keys.predictions, keys.predictionIds],
    ...[keys.feedback, keys.feedbackIndex, keys.feedbackCounts],
    ...[keys.feedbackPhotos, keys.feedbackPhotoUses, keys.feedbackPhotoBytes],
  ];
  const lasting: string[] = [];
  for await (const batch of redis.scanIterator({ COUNT: 1000 })) {
    for (const key of batch) {
      if (!mayStay.includes(key) && (await redis.ttl(key)) === -1) lasting.push(key);
    }
  }
  return lasting;
}

export async function deadLetters(redis: Redis, keys: Keys): Promise<Evidence['deadLetters']> {
  const letters = await redis.xRange(keys.dead, '-', '+');
  return (letters ?? []).map(({ message: { header = '{}', reason = '' } }) => ({
    jobId: JSON.parse(header).id,
    reason,
  }));
}
