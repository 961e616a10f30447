import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/chaos/random.ts';
import { type Base, makeBases } from '../../src/fuzz/bases.ts';
import { spoilNames, spoiltForm } from '../../src/fuzz/forms.ts';
import { photoMutations } from '../../src/fuzz/photo-mutations.ts';
import { requestOf } from '../../src/fuzz/requests.ts';

let bases: readonly Base[];

beforeAll(async () => {
  bases = await makeBases();
});

const many = (seed: number, count = 3000) =>
  Array.from({ length: count }, (_, number) => requestOf(seed, number, bases));

describe('requests', () => {
  it('are the same for the same seed, each by itself', () => {
    const all = many(7, 300);
    expect(requestOf(7, 299, bases)).toEqual(all[299]);
    expect(many(7, 300)).toEqual(all);
    expect(many(8, 300)).not.toEqual(all);
  });

  it('are hardly ever the same twice', () => {
    const texts = new Set(many(7).map(({ bytes }) => bytes.toString('latin1')));
    expect(texts.size).toBeGreaterThan(2800);
  });

  it('are of all kinds, whatever they are made of', () => {
    const kinds = new Set(many(7).map(({ kind }) => kind.split(':')[0]));
    const expected = ['photo', 'form', 'headers', 'query', 'path', 'json', 'raw'];
    expect([...kinds]).toEqual(expect.arrayContaining(expected));
    const endings = new Set(many(7).map(({ ending }) => ending));
    expect(endings.size).toBe(3);
  });

  it('are of a size that can be sent', () => {
    for (const { bytes } of many(7)) expect(bytes.length).toBeLessThan(10_000_000);
  });
});

describe('mutations', () => {
  it.each(Object.keys(photoMutations))('%s: takes any bytes, and changes some of them', (name) => {
    const random = new Random(1);
    let changed = 0;
    for (const { bytes } of bases) {
      for (const photo of [bytes, bytes.subarray(0, 1), bytes.subarray(0, 30)]) {
        const before = Buffer.from(photo);
        const after = photoMutations[name]?.(photo, random);
        expect(photo.equals(before)).toBe(true);
        if (!after?.equals(photo)) changed++;
      }
    }
    expect(changed).toBeGreaterThan(bases.length / 2);
  });

  it('finds the sides in each format', () => {
    const random = new Random(1);
    for (const { format, bytes } of bases) {
      const tries = Array.from({ length: 20 }, () => photoMutations.sides?.(bytes, random));
      expect([format, tries.some((changed) => !changed?.equals(bytes))]).toEqual([format, true]);
    }
  });
});

it('spoils forms in all ways', () => {
  const random = new Random(1);
  const photo = bases[0]?.bytes as Buffer;
  const ways = Array.from({ length: 500 }, () => spoiltForm(photo, random).what);
  expect(new Set(ways).size).toBe(spoilNames.length);
});
