import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';

const cores = availableParallelism();
const wide = cores > 1 ? cores : 0;

test('the cores are used by sessions side by side, and by one for a photo that comes alone', () => {
  const { SESSIONS, INTRA_OP_THREADS, WIDE_THREADS } = readConfig({});
  expect(SESSIONS).toBe(Math.min(cores, 2));
  expect(SESSIONS * INTRA_OP_THREADS).toBeLessThanOrEqual(cores);
  expect(WIDE_THREADS).toBe(wide);
});

test.each([{ SESSIONS: '3' }, { EXECUTION_PROVIDERS: 'cuda,cpu' }])(
  'with %j each session costs memory that nobody asked for, and there is no other one',
  (env) => {
    expect(readConfig(env).WIDE_THREADS).toBe(0);
  },
);
