// Measures ways to preprocess against the exact reference: how far the pixels are, and what it does
// to the answers of a trained model.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@synset/models';
import sharp from 'sharp';
import { Session } from '../src/backend/session.ts';
import { type Picture, reference } from './reference.ts';

/** What a way to preprocess gets; the size is that of the upright photo. */
export interface Source {
  readonly image: Buffer;
  readonly width: number;
  readonly height: number;
}

export type Way = (source: Source) => Promise<Uint8Array>;

export interface Row {
  photos: number;
  /** Mean absolute difference of a pixel's channels from the reference, 0..255. */
  pixels: number;
  /** Photos whose best category is that of the reference, and of expected.json. */
  sameTop1: number;
  expectedTop1: number;
  /** Difference of the probability of the best category from the reference, and from expected.json. */
  mean: number;
  max: number;
  expectedMean: number;
  ms: number;
}

interface Expected {
  file: string;
  top5: { index: number; probability: number }[];
}

/** The whole photo, upright, as it is written: nothing is resized and no profile applied. */
export async function decodeWhole(image: Buffer): Promise<Picture> {
  const source = sharp(image, { ignoreIcc: true }).autoOrient().flatten({ background: '#ffffff' });
  const { data, info } = await source
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** The photo as a JPEG of so many megapixels. */
async function enlarged(image: Buffer, megapixels: number): Promise<Buffer> {
  const { width, height } = await decodeWhole(image);
  const factor = Math.sqrt((megapixels * 1e6) / (width * height));
  const size = { width: Math.round(width * factor), height: Math.round(height * factor) };
  const made = sharp(image, { ignoreIcc: true })
    .autoOrient()
    .resize({ ...size, fit: 'fill' });
  return await made.toColourspace('srgb').jpeg({ quality: 90 }).toBuffer();
}

async function openTrained(data: string): Promise<Session> {
  const folder = await mkdtemp(join(tmpdir(), 'synset-parity-'));
  const card = join(folder, 'card.json');
  const file = join(data, 'models', 'imagenet-mobilenetv2.onnx');
  await writeFile(card, JSON.stringify({ name: 'mobilenetv2', file, trained: true }));
  try {
    const { path } = await loadModel(card, folder);
    return await Session.open({ path, threads: 1, providers: ['cpu'] });
  } finally {
    await rm(folder, { recursive: true });
  }
}

export interface Options {
  /** Folder with `photos` and `models`. */
  readonly data: string;
  /** Enlarge the photos first. */
  readonly megapixels?: number | undefined;
  /** Take every so many-th photo. */
  readonly every?: number | undefined;
}

export async function measure<Name extends string>(
  { data, megapixels, every = 1 }: Options,
  ways: Record<Name, Way>,
): Promise<Record<Name, Row>> {
  const session = await openTrained(data);
  const { photos } = JSON.parse(await readFile(join(data, 'photos', 'expected.json'), 'utf8'));
  const rows = {} as Record<Name, Row>;
  const entries = Object.entries(ways) as [Name, Way][];
  for (const expected of (photos as Expected[]).filter((_, i) => i % every === 0)) {
    const file = await readFile(join(data, 'photos', expected.file));
    const image = megapixels ? await enlarged(file, megapixels) : file;
    const picture = await decodeWhole(image);
    const exact = reference(picture);
    const truth = await session.run(exact);
    for (const [name, way] of entries) {
      const started = performance.now();
      const pixels = await way({ image, width: picture.width, height: picture.height });
      const ms = performance.now() - started;
      const scores = await session.run(pixels);
      rows[name] ??= emptyRow();
      add(rows[name], { pixels: meanDifference(pixels, exact), ms }, scores, truth, expected);
    }
  }
  await session.release();
  for (const [name] of entries) average(rows[name]);
  return rows;
}

const emptyRow = (): Row => ({
  photos: 0,
  pixels: 0,
  sameTop1: 0,
  expectedTop1: 0,
  mean: 0,
  max: 0,
  expectedMean: 0,
  ms: 0,
});

function add(
  row: Row,
  { pixels, ms }: { pixels: number; ms: number },
  scores: Float32Array,
  truth: Float32Array,
  { top5: [expected] }: Expected,
): void {
  const best = bestOf(truth);
  const difference = Math.abs((scores[best] ?? 0) - (truth[best] ?? 0));
  row.photos++;
  row.pixels += pixels;
  row.ms += ms;
  row.sameTop1 += Number(bestOf(scores) === best);
  row.expectedTop1 += Number(bestOf(scores) === expected?.index);
  row.mean += difference;
  row.max = Math.max(row.max, difference);
  row.expectedMean += Math.abs((scores[expected?.index ?? 0] ?? 0) - (expected?.probability ?? 0));
}

function average(row: Row): void {
  for (const name of ['pixels', 'mean', 'expectedMean', 'ms'] as const) row[name] /= row.photos;
}

const bestOf = (scores: Float32Array): number => scores.indexOf(Math.max(...scores));

/** Of two lists of bytes, 0..255. */
export function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
}
