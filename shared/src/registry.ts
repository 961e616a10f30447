// Which workers are there: each announces itself by a heartbeat in a hash.
import { z } from 'zod';
import type { Keys } from './keys.ts';
import { inTime, type Redis, redisTime } from './redis.ts';

/** Time between two heartbeats of a worker. */
export const HEARTBEAT_MS = 2000;
/** A worker not heard of for this long counts as gone. */
const STALE_MS = 3 * HEARTBEAT_MS;
/** A worker not heard of for this long is removed from the hash. */
const FORGET_MS = 10 * 60_000;

/** The model as `GET /model` shows it. */
export const modelCardInfo = z.object({
  name: z.string(),
  trained: z.boolean(),
  sha256: z.string(),
  source: z.string().nullable(),
  licence: z.string().nullable(),
  top1: z.number().nullable(),
  top5: z.number().nullable(),
  classes: z.int(),
  input: z.tuple([z.int(), z.int()]),
  prepared: z.boolean(),
  providers: z.array(z.string()),
  explain: z.boolean(),
});

const heartbeat = z.object({
  model: modelCardInfo,
  /** Photos answered since the worker started. */
  jobsDone: z.int(),
  /** Photos a second while there was work; null before the first. */
  jobsPerS: z.number().nullable(),
  /** Redis's clock, milliseconds. */
  lastSeen: z.number(),
});

export type ModelCardInfo = z.infer<typeof modelCardInfo>;
export type WorkerInfo = z.infer<typeof heartbeat> & { name: string };

export async function announceWorker(
  client: Redis,
  keys: Keys,
  { name, ...heartbeat }: WorkerInfo,
): Promise<void> {
  await inTime(client, client.hSet(keys.workers, name, JSON.stringify(heartbeat)));
}

export async function forgetWorker(client: Redis, keys: Keys, name: string): Promise<void> {
  await inTime(client, client.hDel(keys.workers, name));
}

/** Workers with a recent heartbeat. Entries of those long gone are removed on the way. */
export async function liveWorkers(client: Redis, keys: Keys): Promise<WorkerInfo[]> {
  const asked = Promise.all([redisTime(client), client.hGetAll(keys.workers)]);
  const [now, entries] = await inTime(client, asked);
  const all = Object.entries(entries).map(([name, json]) => ({ name, ...parseHeartbeat(json) }));
  const gone = all.filter((worker) => now - worker.lastSeen > FORGET_MS);
  if (gone.length > 0)
    await client.hDel(
      keys.workers,
      gone.map((worker) => worker.name),
    );
  return all.filter(
    (worker): worker is WorkerInfo => 'model' in worker && now - worker.lastSeen < STALE_MS,
  );
}

/**
 * The models that these workers serve, that of most workers first. Two while one takes the place of
 * the other; with as many workers each, the order is that of their digests, for all who ask.
 */
export function modelsOf(workers: readonly WorkerInfo[]): ModelCardInfo[] {
  const counts = new Map<string, { model: ModelCardInfo; workers: number }>();
  for (const { model } of workers) {
    const known = counts.get(model.sha256);
    counts.set(model.sha256, { model, workers: (known?.workers ?? 0) + 1 });
  }
  return [...counts.values()]
    .sort((a, b) => b.workers - a.workers || (a.model.sha256 < b.model.sha256 ? -1 : 1))
    .map(({ model }) => model);
}

/** What cannot be read, as from another version of the service, counts as long gone. */
function parseHeartbeat(json: string): z.infer<typeof heartbeat> | { lastSeen: number } {
  try {
    return heartbeat.parse(JSON.parse(json));
  } catch {
    return { lastSeen: 0 };
  }
}
