// What the tests share: model folders, sessions on one thread, plain pictures.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { onTestFinished } from 'vitest';

/** Kept between runs and shared by the test files: making both test cards takes seconds. */
export const sharedModelDir =
  process.env.SYNSET_TEST_MODEL_DIR ??
  fileURLToPath(new URL('../../data/test-models', import.meta.url));

export const SIDE = 224;

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'synset-models-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function openSession(model: string | Uint8Array): Promise<InferenceSession> {
  // Severity 3 silences warnings of weights that the tiny network does not use.
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const;
  return typeof model === 'string'
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model, options);
}

export function plainPicture(rgb: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => rgb[i % 3] ?? 0);
}

/** A picture of which no two regions are alike, the same in every run. */
export function variedPicture(): Uint8Array {
  return Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => (i * 7919 + (i >> 9) * 31) % 256);
}

export function pixelTensor(pixels: Uint8Array): Tensor {
  return new Tensor('uint8', pixels, [pixels.length / (SIDE * SIDE * 3), SIDE, SIDE, 3]);
}

/** What an exported model takes: planes of (x / 255 - mean) / std. */
export function normalized(pixels: Uint8Array, mean: number[], std: number[]): Tensor {
  const area = SIDE * SIDE;
  const planes = Float32Array.from({ length: 3 * area }, (_, i) => {
    const channel = Math.floor(i / area);
    const value = pixels[(i % area) * 3 + channel] ?? 0;
    return (value / 255 - (mean[channel] ?? 0)) / (std[channel] ?? 1);
  });
  return new Tensor('float32', planes, [1, 3, SIDE, SIDE]);
}

export async function probabilities(
  session: InferenceSession,
  pixels: Uint8Array,
): Promise<Float32Array> {
  const { probabilities: answer } = await session.run({ pixels: pixelTensor(pixels) }, [
    'probabilities',
  ]);
  return answer?.data as Float32Array;
}

export function softmax(logits: Float32Array): number[] {
  const highest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a, (x, i) => Math.abs(x - (b[i] ?? 0))).reduce((m, x) => Math.max(m, x), 0);
}

export { type Tiny, tinyModel } from '../src/testing/tiny.ts';
