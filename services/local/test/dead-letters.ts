// The command line for dead letters as a real process, and letters for it.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createKeys, createRedis, encodeJob, type Keys, type Redis } from '@synset/shared';
import { randomPrefix, silentLog, testJob } from '@synset/shared/testing';
import { inject, onTestFinished } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../src/dead.ts', import.meta.url));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** By way of bash, where `before` and `after` may stand around the command. */
export function runDead(
  args: string[],
  env: NodeJS.ProcessEnv,
  { before = '', after = '' } = {},
): Promise<Ended> {
  const script = `set -o pipefail; ${before} "$0" "$@" ${after}`;
  const { PATH } = process.env;
  const command = ['--norc', '-c', script, process.execPath, SCRIPT, ...args];
  return new Promise((resolve) => {
    execFile('bash', command, { env: { PATH, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** Nothing but this line is said. */
export const says = (line: string): Ended => ({ code: 0, stdout: `${line}\n`, stderr: '' });

export const complains = (code: number, line: string): Ended => ({
  code,
  stdout: '',
  stderr: `synset dead: ${line}\n`,
});

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'synset-dead-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

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

  run(args: string[], around?: { before?: string; after?: string }): Promise<Ended> {
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
