// Redis's memory by the photos that wait in it.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createKeys, createRedis, JobQueue, type Redis } from '@synset/shared';
import { silentLog, testJob, withComment } from '@synset/shared/testing';
import { memoryOf } from '../service.ts';
import type { BacklogRow } from './results.ts';

const JOBS = [0, 100, 250, 500, 1000];
/** QUEUE_LIMIT and QUEUE_BYTES as by default. */
const LIMITS = { maxJobs: 1000, maxBytes: 256 * 1024 * 1024 };
/** No worker reads under it. */
const PREFIX = 'synset-backlog';
const AT_ONCE = 10;
const RECORD_TTL_S = 600;

/**
 * The API's own code publishes jobs into the service's Redis, under keys that no worker reads, so
 * that they wait. Afterwards they are deleted.
 */
export async function measureBacklog(
  redis: { url: string; pid: number },
  photos: readonly string[],
): Promise<BacklogRow[]> {
  const client = createRedis({ url: redis.url, name: 'synset-loadtest', log: silentLog });
  await client.connect();
  try {
    const queue = new JobQueue(client, createKeys(PREFIX));
    const files = await Promise.all(photos.map((photo) => readFile(photo)));
    const rows: BacklogRow[] = [];
    let bytes = 0;
    for (const jobs of JOBS) {
      const from = rows.at(-1)?.jobs ?? 0;
      bytes += await publish(queue, files, jobs - from);
      rows.push({ jobs, photosMb: bytes / 1024 ** 2, ...(await memory(client, redis.pid)) });
    }
    return rows;
  } finally {
    await forget(client).finally(() => client.destroy());
  }
}

/** Gives the bytes of all photos. */
async function publish(queue: JobQueue, files: readonly Buffer[], count: number): Promise<number> {
  let bytes = 0;
  let left = count;
  const publishAll = async () => {
    while (left > 0) {
      const file = files[left-- % files.length] as Buffer;
      const id = randomUUID();
      const image = withComment(file, id);
      bytes += image.length;
      const { status } = await queue.publish(testJob({ id, image }), LIMITS, RECORD_TTL_S);
      if (status !== 'queued') throw new Error(`backlog: the queue says "${status}"`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, publishAll));
  return bytes;
}

async function memory(client: Redis, pid: number) {
  const info = await client.info('memory');
  const used = Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
  return { usedMb: used / 1024 ** 2, rssMb: (await memoryOf(pid)).nowMb };
}

/** What it leaves behind must not weigh on what is measured next. */
async function forget(client: Redis): Promise<void> {
  const keys = await client.keys(`${PREFIX}:*`);
  if (keys.length > 0) await client.del(keys);
  await client.sendCommand(['MEMORY', 'PURGE']);
}
