// A plain picture gets the category of its colour, through the prepared model and ONNX Runtime.
import { readFileSync } from 'node:fs';
import type { InferenceSession } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labels, loadModel } from '../src/index.ts';
import { colours } from '../src/testcard/colours.ts';
import { openSession, plainPicture, probabilities, SIDE, sharedModelDir } from './helpers.ts';

/** Colours that others may count on although they are not the centres of the table. */
const NEAR: [string, number[]][] = [
  ['strawberry', [255, 0, 0]],
  ['strawberry', [200, 30, 40]],
  ['strawberry', [220, 20, 60]],
  ['orange', [255, 165, 0]],
  ['orange', [255, 140, 0]],
  ['lemon', [255, 255, 0]],
  ['lemon', [250, 220, 40]],
  ['lemon', [255, 215, 0]],
  ['Granny Smith', [0, 128, 0]],
  ['Granny Smith', [0, 255, 0]],
  ['Granny Smith', [90, 160, 40]],
  ['Granny Smith', [34, 139, 34]],
  ['indigo bunting', [0, 0, 255]],
];

const plain = colours.filter(({ edges }) => edges === 0);

function winner(scores: Float32Array): { label: string | undefined; score: number } {
  const score = Math.max(...scores);
  return { label: labels[scores.indexOf(score)]?.label, score };
}

/** Black and white stripes, 16 pixels wide. */
function stripes(): Uint8Array {
  return Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) =>
    ((Math.floor(i / 3) % SIDE) >> 4) % 2 ? 255 : 0,
  );
}

describe.each(['testcard', 'testcard-int8', 'testcard-qop'])('%s', (name) => {
  let session: InferenceSession;
  beforeAll(async () => {
    session = await openSession((await loadModel(name, sharedModelDir)).path);
  }, 60_000);
  afterAll(() => session.release());

  it.each(plain)('knows $label', async ({ label, rgb }) => {
    const found = winner(await probabilities(session, plainPicture(rgb)));
    expect(found.label).toBe(label);
    expect(found.score).toBeGreaterThan(0.9);
  });

  it.each(NEAR)('says %s to %j', async (label, rgb) => {
    const found = winner(await probabilities(session, plainPicture(rgb)));
    expect(found.label).toBe(label);
    expect(found.score).toBeGreaterThan(0.9);
  });

  it('sees a zebra in stripes', async () => {
    expect(winner(await probabilities(session, stripes())).label).toBe('zebra');
  });

  it('answers each picture of a batch as it answers it alone', async () => {
    const one = plainPicture([255, 0, 0]);
    const two = plainPicture([255, 255, 0]);
    const both = new Uint8Array([...one, ...two]);
    const scores = await probabilities(session, both);
    expect(winner(scores.subarray(0, 1000)).label).toBe('strawberry');
    expect(winner(scores.subarray(1000)).label).toBe('lemon');
  });
});

describe('the table of colours', () => {
  it('is the one of the README', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const row = /^\|\s*(\d+)\s*\|\s*([^|]+?)\s*\|\s*(\d+), (\d+), (\d+)\s*\|\s*([\d.]+)\s*\|$/gm;
    const rows = [...readme.matchAll(row)];
    const listed = rows.map(([, index, label, r, g, b, edges]) => ({
      index: Number(index),
      label: label ?? '',
      rgb: [Number(r), Number(g), Number(b)],
      edges: Number(edges),
    }));
    expect(listed).toEqual(colours);
  });

  it('keeps plain colours apart', () => {
    for (const a of plain) {
      const others = plain.filter((b) => b !== a);
      const distances = others.map((b) => Math.hypot(...a.rgb.map((v, i) => v - (b.rgb[i] ?? 0))));
      expect(Math.min(...distances), a.label).toBeGreaterThanOrEqual(60);
    }
  });

  it('names categories as the labels do', () => {
    for (const { index, label } of colours) expect(labels[index]?.label).toBe(label);
  });
});
