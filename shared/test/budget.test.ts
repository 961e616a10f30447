import { expect, test } from 'vitest';
import { Budget } from '../src/budget.ts';

test('grants at once what is free, and the rest as parts come back', async () => {
  const budget = new Budget(10);
  const first = await budget.reserve(6);
  const order: string[] = [];
  const second = budget.reserve(6).then(() => order.push('second'));
  const third = budget.reserve(1).then(() => order.push('third'));
  expect(budget.used).toBe(6);
  first();
  await Promise.all([second, third]);
  expect(order).toEqual(['second', 'third']); // a small one does not pass a large one
  expect(budget.used).toBe(7);
});

test('gives nothing at once that is not free, or that others wait for', async () => {
  const budget = new Budget(10);
  const release = budget.tryReserve(6);
  expect(budget.tryReserve(5)).toBeNull();
  const waiting = budget.reserve(5);
  expect(budget.tryReserve(1)).toBeNull();
  release?.();
  await waiting;
  expect(budget.tryReserve(5)).not.toBeNull();
});

test('counts an amount above the limit as the limit', async () => {
  const budget = new Budget(10);
  const release = await budget.reserve(50);
  expect(budget.used).toBe(10);
  release();
  expect(budget.used).toBe(0);
});

test('gives a part back only once', async () => {
  const budget = new Budget(10);
  const release = await budget.reserve(5);
  await budget.reserve(5);
  release();
  release();
  expect(budget.used).toBe(5);
});

test('one who gives up waiting makes way for those behind', async () => {
  const budget = new Budget(10);
  await budget.reserve(8);
  const controller = new AbortController();
  const large = budget.reserve(5, controller.signal);
  const small = budget.reserve(2);
  controller.abort(new Error('gone'));
  await expect(large).rejects.toThrow('gone');
  await small;
  expect(budget.used).toBe(10);
});
