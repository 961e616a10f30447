// A photo that kills the worker that decodes it, among good ones, through the whole service.
import { POISON, plain, type Rgb, withComment } from '@synset/shared/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { predict, startSystem, type TestSystem } from './system.ts';

const PRELOAD = new URL('../../../shared/src/testing/poison.ts', import.meta.url);
const ORANGE: Rgb = [255, 150, 0];

let system: TestSystem;

beforeAll(async () => {
  system = await startSystem({
    WORKERS: '2',
    REQUEST_TIMEOUT_MS: '60000',
    NODE_OPTIONS: `--import ${PRELOAD.href}`,
  });
});

afterAll(() => system.end());

interface Polled {
  status: string;
  problem?: { code: string };
}

async function untilEnded(id: string): Promise<Polled> {
  for (;;) {
    const state = (await (await fetch(`${system.url}/jobs/${id}`)).json()) as Polled;
    if (state.status === 'done' || state.status === 'failed') return state;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('one killer among 20 good photos: all 20 are answered, the killer is given up', async () => {
  const killer = withComment(await plain(ORANGE, 'jpeg'), POISON);
  const files = new FormData();
  files.append('file', new Blob([new Uint8Array(killer)]), 'killer.jpg');
  const response = await fetch(`${system.url}/jobs`, { method: 'POST', body: files });
  const { jobs } = (await response.json()) as { jobs: { id: string }[] };
  const good = await Promise.all(
    Array.from({ length: 20 }, async (_, i) =>
      predict(system.url, await plain([255, 150, i % 8], 'png')),
    ),
  );
  expect(good.map(({ status, prediction }) => [status, prediction])).toEqual(
    good.map(() => [200, 'orange']),
  );
  const { id = '' } = jobs[0] ?? {};
  expect(await untilEnded(id)).toMatchObject({ status: 'failed', problem: { code: 'JOB_FAILED' } });
}, 90_000);
