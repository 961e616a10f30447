// Starts the API's process, on a free port and with a key prefix of its own.
import { type Program, randomPrefix, runProgram } from '@synset/shared/testing';
import { inject } from 'vitest';

export const SERVER = new URL('../src/server.ts', import.meta.url);

export interface TestServer extends Program {
  readonly url: string;
  readonly prefix: string;
  /** Its lines so far, parsed. */
  lines(): Record<string, unknown>[];
}

/** Listens when the promise resolves; Redis and workers may not be there yet. */
export async function startServer(env: NodeJS.ProcessEnv = {}): Promise<TestServer> {
  const prefix = randomPrefix();
  const base = { REDIS_URL: inject('redisUrl'), KEY_PREFIX: prefix, PORT: '0' };
  const server = runProgram(SERVER, { ...base, ...env });
  await server.printed('"listening"');
  const url = /"address":"([^"]+)"/.exec(server.output())?.[1] ?? '';
  const lines = () => {
    // The last one may not be complete yet.
    const complete = server.output().split('\n').slice(0, -1);
    return complete.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  return { ...server, url, prefix, lines };
}
