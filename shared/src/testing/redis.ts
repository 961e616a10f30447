// Help for tests: a Redis of one's own, key prefixes, waiting for events.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRedis } from '../redis.ts';
import { redisServerArguments } from '../redis-server.ts';
import { silentLog } from './log.ts';

/** A key prefix of one's own, so that tests share a Redis without meeting. */
export const randomPrefix = () => `test-${randomUUID()}`;

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface TestRedis {
  readonly url: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/**
 * Starts a redis-server of its own, as the services run it; `args` are added to, or take the place of,
 * its arguments. `login` is the user and password that it wants, as in its URL.
 */
export async function startTestRedis(
  options: { port?: number; args?: string[]; login?: string } = {},
): Promise<TestRedis> {
  const port = options.port ?? (await freePort());
  const dir = await mkdtemp(join(tmpdir(), 'synset-redis-'));
  const args = [...redisServerArguments(port, dir), ...(options.args ?? [])];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const { login } = options;
  const url = `redis://${login ? `${login}@` : ''}127.0.0.1:${port}`;
  await untilConnected(url);
  return {
    url,
    process: child,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function untilConnected(url: string): Promise<void> {
  const client = createRedis({ url, name: 'probe', log: silentLog });
  await client.connect();
  client.destroy();
}
