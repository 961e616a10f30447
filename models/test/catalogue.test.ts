// The catalogue, the labels and the choice by CPU.
import { describe, expect, it } from 'vitest';
import { catalogue } from '../src/card.ts';
import { namesInt8DotProducts } from '../src/cpu.ts';
import { defaultModelName, defaultTestCardName, labels } from '../src/index.ts';

describe('the catalogue', () => {
  it('has four trained models with all that is needed to check them, and three test cards', () => {
    expect(catalogue.map(({ name, trained }) => [name, trained])).toEqual([
      ['resnet50-v1-12', true],
      ['resnet50-v1-12-int8', true],
      ['resnet50-v1-12-qdq', true],
      ['resnet50-v2-7', true],
      ['testcard', false],
      ['testcard-int8', false],
      ['testcard-qop', false],
    ]);
    for (const card of catalogue.filter(({ trained }) => trained)) {
      expect(card.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(card.bytes).toBeGreaterThan(25e6);
      expect(card.licence).toBe('Apache-2.0');
      expect(card.output).toMatch(/^resnetv\d+_dense0_fwd$/);
      expect(card.urls).toHaveLength(2);
      for (const url of card.urls ?? []) expect(url.endsWith(`/${card.file}`)).toBe(true);
    }
  });

  it('has the models that are chosen by CPU', () => {
    const names = catalogue.map(({ name }) => name);
    expect(names).toContain(defaultModelName());
    expect(names).toContain(defaultTestCardName());
  });
});

describe('int8 dot products', () => {
  it.each([
    ['flags\t\t: fpu avx512f avx512_vnni avx512_bitalg', true],
    ['flags : fpu avx2 avx_vnni', true],
    ['flags : amx_tile amx_int8', true],
    ['Features\t: fp asimd asimddp sve', true],
    ['flags : fpu avx2 avx512f avx512_bf16', false],
    ['Features : fp asimd', false],
    ['', false],
  ])('in %j: %s', (cpuinfo, expected) => {
    expect(namesInt8DotProducts(cpuinfo)).toBe(expected);
  });
});

describe('labels', () => {
  it('are 1000 in order, with distinct synsets', () => {
    expect(labels).toHaveLength(1000);
    expect(labels.map(({ index }) => index)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(new Set(labels.map(({ synset }) => synset)).size).toBe(1000);
    for (const { synset, label } of labels) {
      expect(synset).toMatch(/^n\d{8}$/);
      expect(label).not.toBe('');
    }
  });

  it('say tabby where ImageNet does', () => {
    expect(labels[281]).toEqual({ index: 281, synset: 'n02123045', label: 'tabby' });
  });
});
