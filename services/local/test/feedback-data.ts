// The command line for feedback as a real process, and feedback for it.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createKeys,
  createRedis,
  type Feedback,
  FeedbackStore,
  FIRST_CURSOR,
  type Keys,
  type Redis,
} from '@synset/shared';
import { randomPrefix, silentLog } from '@synset/shared/testing';
import { inject } from 'vitest';
import { type Around, complaint, type Ended, runCommand } from './command.ts';

export const TABBY = { index: 281, synset: 'n02123045' } as const;
export const TIGER_CAT = { index: 282, synset: 'n02123159' } as const;
export const JACK_O_LANTERN = { index: 607, synset: 'n03590841' } as const;

export const complains = (code: number, line: string): Ended => complaint('feedback', code, line);

export const digest = (photo: Buffer): string => createHash('sha256').update(photo).digest('hex');

/** Begins as a JPEG does, and no two are alike. */
export const photoOf = (name: string, bytes = 100): Buffer =>
  Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00, 0xc3, 0x28]),
    Buffer.alloc(bytes, name),
  ]);

/** All files in a folder and in those in it, with their content. */
export async function filesIn(folder: string): Promise<Record<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  const contents = paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path)]);
  return Object.fromEntries(await Promise.all(contents));
}

/** The feedback of one test, of a tabby unless something else is said. */
export class TestFeedback {
  readonly keys: Keys;
  readonly store: FeedbackStore;
  readonly redis: Redis;
  readonly env: NodeJS.ProcessEnv;

  private constructor(redis: Redis, url: string, prefix: string) {
    this.redis = redis;
    this.keys = createKeys(prefix);
    this.store = new FeedbackStore(redis, this.keys);
    this.env = { REDIS_URL: url, KEY_PREFIX: prefix };
  }

  static async open(): Promise<TestFeedback> {
    const url = inject('redisUrl');
    const redis = createRedis({ url, name: 'test', log: silentLog });
    await redis.connect();
    return new TestFeedback(redis, url, randomPrefix());
  }

  async close(): Promise<void> {
    const keys = await this.redis.keys(`${this.env.KEY_PREFIX}:*`);
    if (keys.length > 0) await this.redis.del(keys);
    this.redis.destroy();
  }

  run(args: string[], around?: Around): Promise<Ended> {
    return runCommand('feedback', args, this.env, around);
  }

  /** With the photo left, unless `keep` is false. */
  async say(id: string, photo: Buffer, said: Partial<Feedback> = {}, keep = true): Promise<void> {
    const feedback: Feedback = {
      id,
      correct: said.label === undefined,
      predicted: { index: TABBY.index, score: 0.87 },
      label: null,
      comment: null,
      model: { name: 'resnet50-v1-12-int8', trained: true },
      sha256: digest(photo),
      ...said,
    };
    await this.store.keep(feedback, keep ? photo : null);
  }

  async ids(): Promise<string[]> {
    const entries = await this.store.list({ after: FIRST_CURSOR, limit: 1000 });
    return entries.map(({ id }) => id);
  }
}
