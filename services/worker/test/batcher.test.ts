import { describe, expect, test } from 'vitest';
import { PHOTO_BYTES } from '../src/backend/backend.ts';
import { Batcher } from '../src/batcher.ts';
import { noMetrics } from '../src/metrics/metrics.ts';
import { FakeBackend, gridsOf } from './fake-backend.ts';

const photo = (value: number) => new Uint8Array(PHOTO_BYTES).fill(value);

async function best(batcher: Batcher, value: number): Promise<number> {
  const options = { alone: false, explain: false };
  return (await batcher.infer(photo(value), options)).probabilities.indexOf(1);
}

test('each photo of a batch gets its own row', async () => {
  const backend = new FakeBackend();
  const { promise, resolve } = Promise.withResolvers<void>();
  backend.gate = promise;
  const batcher = new Batcher(backend, { max: 3, waitMs: 0 }, noMetrics);
  const answers = [1, 2, 3, 4, 5].map((value) => best(batcher, value));
  resolve();
  expect(await Promise.all(answers)).toEqual([1, 2, 3, 4, 5]);
  // The first found the backend idle and was not kept waiting; the others met it busy.
  expect(backend.batches).toEqual([1, 3, 1]);
});

describe('of a batch those are explained that ask', () => {
  async function gridsOfAll(values: number[], asking: number[]) {
    const backend = new FakeBackend();
    const { promise, resolve } = Promise.withResolvers<void>();
    backend.gate = promise;
    const batcher = new Batcher(backend, { max: 5, waitMs: 0 }, noMetrics);
    const ask = (value: number) =>
      batcher.infer(photo(value), { alone: false, explain: asking.includes(value) });
    // The first finds the backend idle and goes by itself.
    const asked = [0, ...values].map((value) => ask(value).catch(() => null));
    resolve();
    const grids = (await Promise.all(asked)).map((answer) => answer?.grids);
    return { grids: grids.slice(1), batches: backend.batches };
  }

  test('in one inference', async () => {
    const { grids, batches } = await gridsOfAll([1, 2, 3, 4], [2, 4]);
    expect(grids).toEqual([null, gridsOf(2), null, gridsOf(4)]);
    expect(batches).toEqual([1, 4]);
  });

  test('and when it failed, one by one', async () => {
    const { grids, batches } = await gridsOfAll([1, 2, 255], [2, 255]);
    expect(grids).toEqual([null, gridsOf(2), undefined]);
    expect(batches).toEqual([1, 3, 1, 1, 1]);
  });
});

test('runs as many inferences at a time as the backend has sessions', async () => {
  const backend = new FakeBackend(2);
  const { promise, resolve } = Promise.withResolvers<void>();
  backend.gate = promise;
  const batcher = new Batcher(backend, { max: 1, waitMs: 0 }, noMetrics);
  const answers = [1, 2, 3].map((value) => best(batcher, value));
  expect(backend.batches).toEqual([1, 1]);
  resolve();
  expect(await Promise.all(answers)).toEqual([1, 2, 3]);
});

test('with a wait, a full batch goes at once and a part of one after it', async () => {
  const backend = new FakeBackend();
  const batcher = new Batcher(backend, { max: 2, waitMs: 5 }, noMetrics);
  expect(await Promise.all([best(batcher, 1), best(batcher, 2), best(batcher, 3)])).toEqual([
    1, 2, 3,
  ]);
  expect(backend.batches).toEqual([2, 1]);
});

test('a failing inference fails its batch alone', async () => {
  const batcher = new Batcher(new FakeBackend(), { max: 1, waitMs: 0 }, noMetrics);
  const results = await Promise.allSettled([best(batcher, 255), best(batcher, 7)]);
  expect(results).toMatchObject([{ status: 'rejected' }, { value: 7 }]);
});

test('fills up the batches of a model that takes one size only', async () => {
  const backend = new FakeBackend();
  const { promise, resolve } = Promise.withResolvers<void>();
  backend.gate = promise;
  const batcher = new Batcher(backend, { max: 4, waitMs: 0, exact: true }, noMetrics);
  const answers = [1, 2, 3].map((value) => best(batcher, value));
  resolve();
  expect(await Promise.all(answers)).toEqual([1, 2, 3]);
  expect(backend.batches).toEqual([4, 4]);
});
