// Compares a prepared model with its export, in the thread that prepares: the same answers to the
// same pictures. Sessions come one after the other, which keeps the memory to one model's.
import type { CheckRequest, CheckResult } from '@synset/models';
import { ModelError } from '@synset/models/error';
import { CLASSES, PHOTO_BYTES, SIDE } from './backend.ts';
import { Session, type SessionOptions } from './session.ts';

const CPU = { threads: 1, providers: ['cpu'] } as const;

/** A batch of pictures of which no two are alike, the same in every run. */
function pictures(n: number): Uint8Array {
  return Uint8Array.from({ length: n * PHOTO_BYTES }, (_, at) => {
    const [picture, i] = [Math.floor(at / PHOTO_BYTES), at % PHOTO_BYTES];
    // Noise without order, then slow waves of colour, which are nearer to a photo.
    if (picture % 2 === 0) return (i * 7919 + (i >> 9) * 31 + picture) % 256;
    const [x, y] = [Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    return 128 + 127 * Math.sin((x * (1 + (i % 3)) + y * picture) / 40);
  });
}

/** Runs a model once, on batches of `size` that make up all of `pixels`. */
async function answers(
  options: SessionOptions,
  pixels: Uint8Array,
  size: number,
): Promise<Float32Array> {
  const session = await Session.open(options);
  try {
    const rows: number[] = [];
    for (let at = 0; at < pixels.length; at += size * PHOTO_BYTES) {
      rows.push(...(await session.run(pixels.subarray(at, at + size * PHOTO_BYTES))));
    }
    return Float32Array.from(rows);
  } finally {
    await session.release();
  }
}

/** The exported model's answers, and the largest batches that it takes where that is only one. */
async function expected({ exported, normalization, batch }: CheckRequest, pixels: Uint8Array) {
  const { path, ...graph } = exported;
  const options = { ...CPU, path, exported: { ...graph, normalization } };
  try {
    return { rows: await answers(options, pixels, batch ?? 2) };
  } catch (error) {
    // Some exports declare a free batch dimension and have a batch of one built in.
    const rows = batch === undefined && (await answers(options, pixels, 1).catch(() => undefined));
    if (rows) return { rows, batch: 1 };
    throw new ModelError(`${path} cannot be run: ${oneLine(error)}`);
  }
}

export async function check(request: CheckRequest): Promise<CheckResult> {
  const n = request.batch ?? 2;
  const pixels = pictures(n);
  const { rows, ...found } = await expected(request, pixels);
  if (rows.length !== n * CLASSES) {
    throw new ModelError(
      `output "${request.exported.output}" of ${request.exported.path} gives ${rows.length / n} numbers a photo: ${CLASSES} are expected`,
    );
  }
  if (!request.prepared) return found;
  const size = found.batch ?? n;
  try {
    const prepared = await answers({ ...CPU, path: request.prepared }, pixels, size);
    return { ...found, difference: largestDifference(rows, prepared) };
  } catch (error) {
    return { ...found, reason: `the prepared file cannot be run: ${oneLine(error)}` };
  }
}

/** NaN where either has one. */
function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

const oneLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).replaceAll(/\s+/g, ' ');
