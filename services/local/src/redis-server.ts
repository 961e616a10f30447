// A redis-server of our own: private, durable, gone with us.
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { createLogger, createRedis, redisServerArguments } from '@synset/shared';
import { lockFolder } from './lock.ts';
import { freePort } from './net.ts';
import { exitOf, stopProcess } from './process.ts';
import { publishUrl, withdrawUrl } from './redis-url.ts';
import { StartError } from './start-error.ts';

/** Time to write its file to the end. */
const STOP_DEADLINE_MS = 10_000;
const RESTART_DELAY_MS = 500;

export interface RedisServer {
  readonly url: string;
  close(): Promise<void>;
}

/** `searchPath` is PATH. Throws StartError where there is no redis-server, or it does not start. */
export async function startRedisServer(
  folder: string,
  searchPath: string,
  say: (line: string) => void,
): Promise<RedisServer> {
  const program = await findProgram('redis-server', searchPath);
  if (!program) {
    throw new StartError(
      'redis-server is not installed. Install it (sudo apt-get install redis-server), or name an existing Redis by REDIS_URL.',
    );
  }
  const dir = resolve(folder);
  await mkdir(dir, { recursive: true }).catch((error) => {
    throw new StartError(`DATA_DIR: ${dir} cannot be made (${error.code})`);
  });
  const lock = await lockFolder(dir, 'choose another folder by DATA_DIR');
  const port = await freePort();
  const logfile = ['--logfile', join(dir, 'redis.log')];
  const command = [program, ...redisServerArguments(port, dir), ...logfile];
  // So that Redis ends too when this process is killed: it knows no parent to watch.
  const setpriv = await findProgram('setpriv', searchPath);
  if (setpriv) command.unshift(setpriv, '--pdeathsig', 'TERM');
  const [file = program, ...args] = command;
  const start = () => spawn(file, args, { stdio: 'ignore', detached: true });
  let child = start();
  const url = `redis://127.0.0.1:${port}`;
  await Promise.race([untilConnected(url), failed(child, dir)]);
  await publishUrl(dir, url);
  let closing = false;
  const close = async () => {
    closing = true;
    await stopProcess(child, STOP_DEADLINE_MS);
    await withdrawUrl(dir);
    lock.close();
  };
  // On the same port and data: whoever uses it connects again by himself.
  const keepRunning = async () => {
    for (;;) {
      await exitOf(child);
      if (closing) return;
      say(`redis-server ended (${child.signalCode ?? child.exitCode}); starting it again`);
      await new Promise((resolve) => setTimeout(resolve, RESTART_DELAY_MS));
      if (closing) return;
      child = start();
    }
  };
  void keepRunning();
  return { url, close };
}

async function failed(child: ChildProcess, dir: string): Promise<never> {
  await exitOf(child);
  throw new StartError(`redis-server ended at its start; see ${join(dir, 'redis.log')}`);
}

async function untilConnected(url: string): Promise<void> {
  const log = createLogger('local', 'silent');
  const client = createRedis({ url, name: 'synset-local', log });
  await client.connect();
  client.destroy();
}

async function findProgram(name: string, searchPath: string): Promise<string | null> {
  for (const dir of searchPath.split(delimiter)) {
    const file = join(dir, name);
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  return null;
}
