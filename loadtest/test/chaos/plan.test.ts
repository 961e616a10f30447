import { expect, it } from 'vitest';
import { kindNames, planFaults } from '../../src/chaos/faults.ts';
import { bytesOf, planRequests } from '../../src/chaos/plan.ts';
import { Random } from '../../src/chaos/random.ts';

const plan = (seed: number) => {
  const random = new Random(seed);
  return { faults: planFaults(60, random), requests: planRequests(500, random) };
};

it('repeats a plan by its seed', () => {
  expect(plan(7)).toEqual(plan(7));
  expect(plan(7)).not.toEqual(plan(8));
});

it('has faults of all kinds', () => {
  const kinds = plan(7).faults.map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set(kindNames));
});

it('kills a worker, Redis and an API instance even in a short run', () => {
  const kinds = planFaults(6, new Random(7)).map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(['kill worker', 'kill Redis', 'kill API']));
});

it('sends as many photos as were asked for, some again, one of 500 poisoned', () => {
  const photos = plan(7).requests.flatMap((request) => request.photos);
  expect(photos).toHaveLength(500);
  expect(photos.filter(({ poison }) => poison)).toHaveLength(1);
  const different = new Set(photos.map(({ name, comment }) => `${name} ${comment}`)).size;
  expect(different).toBeGreaterThan(425);
  expect(different).toBeLessThan(475);
});

it('gives photos of one name other bytes', () => {
  const photo = { name: 'nagasaki-boats', poison: false } as const;
  const [one, other] = ['photo 1', 'photo 2'].map((comment) => bytesOf({ ...photo, comment }));
  expect(one?.equals(other as Buffer)).toBe(false);
});
