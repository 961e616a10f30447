// Starts the whole system as `make run` does, on a port and a data folder of the test's own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  descendantsOf,
  freePort,
  type Program,
  randomPrefix,
  runProgram,
} from '@synset/shared/testing';

const MAIN = new URL('../src/main.ts', import.meta.url);

export interface TestSystem extends Program {
  readonly port: number;
  readonly url: string;
  readonly dataDir: string;
  /** Processes that were started, directly or not. */
  descendants(): number[];
  /** Ends it by `signal` and removes its folder; gives the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Does not wait for it to be ready. */
export async function runSystem(env: NodeJS.ProcessEnv = {}): Promise<TestSystem> {
  const port = Number(env.PORT ?? (await freePort()));
  const dataDir = env.DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'synset-system-')));
  const program = runProgram(MAIN, {
    PORT: `${port}`,
    DATA_DIR: dataDir,
    KEY_PREFIX: randomPrefix(),
    MODEL: 'testcard-int8',
    MODEL_DIR: process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models',
    ...env,
  });
  // However it ends, and also where a test only waits for its end.
  const exit = program.exit.then(async (code) => {
    if (!env.DATA_DIR) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    return code;
  });
  return {
    ...program,
    exit,
    port,
    dataDir,
    url: `http://127.0.0.1:${port}`,
    descendants: () => descendantsOf(program.process.pid as number),
    async end(signal = 'SIGTERM') {
      program.process.kill(signal);
      return await exit;
    },
  };
}

/** Ready to answer when the promise resolves. */
export async function startSystem(env: NodeJS.ProcessEnv = {}): Promise<TestSystem> {
  const system = await runSystem(env);
  await system.printed('Ctrl-C');
  return system;
}

export async function predict(url: string, photo: Buffer, query = '') {
  const body = new FormData();
  body.append('file', new Blob([new Uint8Array(photo)]), 'photo');
  // The tests are about workers: an answer from the cache would say nothing of them.
  const headers = { 'cache-control': 'no-cache' };
  const response = await fetch(`${url}/predict${query}`, { method: 'POST', body, headers });
  const answer = (await response.json()) as {
    code?: string;
    prediction: string | null;
    score: number;
    confident: boolean;
    explanation?: {
      category: number;
      grid: number[][];
      area: { x: number; y: number; width: number; height: number };
      others: { category: number; grid: number[][] }[];
    } | null;
    cached: boolean;
    predictions: { index: number; score: number }[];
    model: { name: string; trained: boolean };
  };
  return { status: response.status, ...answer };
}
