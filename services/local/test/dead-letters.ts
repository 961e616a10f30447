// The command line for dead letters as a real process, and letters for it.
import { createKeys, createRedis, encodeJob, type Keys, type Redis } from '@synset/shared';
import { randomPrefix, silentLog, testJob } from '@synset/shared/testing';
import { inject } from 'vitest';
import { type Around, complaint, type Ended, runCommand } from './command.ts';

export const runDead = (args: string[], env: NodeJS.ProcessEnv, around?: Around): Promise<Ended> =>
  runCommand('dead', args, env, around);

export const complains = (code: number, line: string): Ended => complaint('dead', code, line);

/** The dead letters of one test. */
export class TestLetters {
  readonly keys: Keys;
  readonly #prefix = randomPrefix();
  readonly #redis: Redis;

  private constructor(redis: Redis) {
    this.#redis = redis;
    this.keys = createKeys(this.#prefix);
  }

  static async open(): Promise<TestLetters> {
    const redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
    await redis.connect();
    return new TestLetters(redis);
  }

  async close(): Promise<void> {
    const keys = await this.#redis.keys(`${this.#prefix}:*`);
    if (keys.length > 0) await this.#redis.del(keys);
    this.#redis.destroy();
  }

  run(args: string[], around?: Around): Promise<Ended> {
    const env = { REDIS_URL: inject('redisUrl'), KEY_PREFIX: this.#prefix };
    return runDead(args, env, around);
  }

  async add(id: string, image: Buffer, error = 'out of memory'): Promise<string> {
    const job = encodeJob(testJob({ id, image }));
    return await this.addEntry({ reason: 'failed', error, deliveries: '3', ...job });
  }

  async addEntry(fields: Record<string, string | Buffer>, id = '*'): Promise<string> {
    return await this.#redis.xAdd(this.keys.dead, id, fields);
  }

  async counts(): Promise<{ dead: number; jobs: number }> {
    const { dead, jobs } = this.keys;
    return { dead: await this.#redis.xLen(dead), jobs: await this.#redis.xLen(jobs) };
  }
}
