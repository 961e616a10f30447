// The prepared graph answers as the exported one does after normalization in JavaScript and softmax.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { IMAGENET, type ModelCard, modelCardSchema } from '../src/card.ts';
import { FEATURE_MAP, loadModel, ModelError, PIXELS, PROBABILITIES } from '../src/index.ts';
import { node, UINT8 } from '../src/onnx.ts';
import { prepareModel, readExport } from '../src/prepare.ts';
import { makeTestCard } from '../src/testcard/make.ts';
import * as help from './helpers.ts';

/** Float sums in another order. */
const FLOAT_TOLERANCE = 1e-5;
/** At int8 a pixel that lies between two steps may fall to either side. */
const INT8_TOLERANCE = 0.005;

const card = (fields: Partial<ModelCard> = {}): ModelCard =>
  modelCardSchema.parse({ name: 'tiny', file: 'tiny.onnx', trained: false, ...fields });

const read = (bytes: Uint8Array, fields: Partial<ModelCard> = {}, file = 'tiny.onnx') =>
  readExport(bytes, card(fields), file);

function describePrepared(options: help.Tiny = {}, fields: Partial<ModelCard> = {}) {
  const exported = read(help.tinyModel(options), fields);
  const { normalization } = card(fields);
  const { bytes, dense } = prepareModel(exported, normalization);
  return { batch: exported.batch, bytes, dense, explain: dense !== undefined };
}

const prepare = (options?: help.Tiny, fields?: Partial<ModelCard>): Uint8Array =>
  describePrepared(options, fields).bytes;

/** Runs both graphs on the varied picture and gives the answers. */
async function compare(
  exported: Uint8Array | string,
  prepared: Uint8Array | string,
  norm = IMAGENET,
) {
  const picture = help.variedPicture();
  const [before, after] = [await help.openSession(exported), await help.openSession(prepared)];
  const [input = '', output = ''] = [before.inputNames[0], before.outputNames[0]];
  const logits = await before.run({ [input]: help.normalized(picture, norm.mean, norm.std) });
  const answer = await after.run({ [PIXELS]: help.pixelTensor(picture) });
  const names = { inputs: after.inputNames, outputs: after.outputNames };
  await Promise.all([before.release(), after.release()]);
  const expected = help.softmax(logits[output]?.data as Float32Array);
  const scores = answer[PROBABILITIES]?.data as Float32Array;
  return { difference: help.largestDifference(scores, expected), names, map: answer[FEATURE_MAP] };
}

describe('a prepared graph', () => {
  it.each([
    ['testcard', FLOAT_TOLERANCE],
    ['testcard-int8', INT8_TOLERANCE],
    ['testcard-qop', INT8_TOLERANCE],
  ])('answers as the exported %s', { timeout: 60_000 }, async (name, tolerance) => {
    const exported = await makeTestCard(name, help.sharedModelDir);
    const { path, explain } = await loadModel(name, help.sharedModelDir);
    const { difference, names, map } = await compare(exported, path);
    expect(difference).toBeLessThan(tolerance);
    expect(names).toEqual({ inputs: [PIXELS], outputs: [PROBABILITIES, FEATURE_MAP] });
    expect(explain).toBe(true);
    expect(map?.type).toBe('float32');
    expect(map?.dims).toEqual([1, 2048, 7, 7]);
  });

  it('takes the mean and deviation of the card', async () => {
    const normalization = { mean: [0.5, 0.4, 0.3], std: [0.5, 0.25, 0.2] } as typeof IMAGENET;
    const prepared = prepare({}, { normalization });
    const { difference } = await compare(help.tinyModel(), prepared, normalization);
    expect(difference).toBeLessThan(FLOAT_TOLERANCE);
  });

  it('gives the feature map of a float graph in the order of the network', async () => {
    const { map } = await compare(help.tinyModel(), prepare());
    expect(map?.dims).toEqual([1, 3, 7, 7]);
    const picture = help.normalized(help.variedPicture(), IMAGENET.mean, IMAGENET.std);
    const planes = picture.data as Float32Array;
    let sum = 0;
    for (let y = 32; y < 64; y++) for (let x = 64; x < 96; x++) sum += planes[y * 224 + x] ?? 0;
    const values = map?.data as Float32Array | undefined;
    expect(values?.[7 + 2]).toBeCloseTo(sum / 1024, 4);
  });

  it('has one input where the export lists its weights as inputs (IR 3)', async () => {
    const old: help.Tiny = { irVersion: 3, opset: 8, listWeights: true };
    const { difference, names } = await compare(help.tinyModel(old), prepare(old));
    expect(difference).toBeLessThan(FLOAT_TOLERANCE);
    expect(names.inputs).toEqual([PIXELS]);
  });

  it.each([
    { input: PIXELS, output: PROBABILITIES, middle: FEATURE_MAP },
    { input: PROBABILITIES, output: PIXELS, middle: 'synset_prepared_factor' },
    { input: 'synset_prepared_planes', output: FEATURE_MAP },
  ])('survives names that clash: %j', async (names) => {
    const prepared = prepare(names, { input: names.input, output: names.output });
    const { difference, map } = await compare(help.tinyModel(names), prepared);
    expect(difference).toBeLessThan(FLOAT_TOLERANCE);
    expect(map?.dims).toEqual([1, 3, 7, 7]);
  });

  it('does not put a softmax on a softmax', async () => {
    const options: help.Tiny = { tail: (from, to) => [node('Softmax', [from], to, { axis: 1 })] };
    const { difference } = await compare(help.tinyModel(), prepare(options));
    expect(difference).toBeLessThan(FLOAT_TOLERANCE);
  });

  it('reads the map of a fused int8 pooling as float32', async () => {
    const { difference, map } = await compareQuantized((from, to) => [
      {
        ...node('QLinearGlobalAveragePool', [from, ...SCALE, ...SCALE], to),
        domain: 'com.microsoft',
      },
    ]);
    expect(difference).toBeLessThan(INT8_TOLERANCE);
    expect(map?.type).toBe('float32');
    expect(map?.dims).toEqual([1, 3, 7, 7]);
  });

  it.each([1, 4])('says that the export takes batches of exactly %d', async (n) => {
    const options: help.Tiny = { inputDims: [n, 3, 224, 224], outputDims: [n, 1000] };
    const { batch, bytes } = describePrepared(options);
    expect(batch).toBe(n);
    const session = await help.openSession(bytes);
    const pixels = new Uint8Array(n * help.variedPicture().length);
    expect(await help.probabilities(session, pixels)).toHaveLength(n * 1000);
    await session.release();
  });

  it('reads the weights of the dense layer', () => {
    const { dense } = describePrepared();
    expect(dense).toMatchObject({ rows: 1000, columns: 3 });
    expect(dense?.data[5]).toBeCloseTo(((5 * 37) % 101) / 50 - 1, 6);
  });

  it('explains nothing where there is no global average pooling, or more than one', () => {
    const none: help.Tiny = { pool: (from, to) => [node('GlobalMaxPool', [from], to)] };
    expect(describePrepared(none).explain).toBe(false);
    const two: help.Tiny = {
      pool: (from, to) => [
        node('GlobalAveragePool', [from], 'once'),
        node('GlobalAveragePool', ['once'], to),
      ],
    };
    expect(describePrepared(two).explain).toBe(false);
    const more: help.Tiny = { tail: (from, to) => [node('Relu', [from], to)] };
    expect(describePrepared(more).explain, 'something else behind the dense layer').toBe(false);
    const sum: help.Tiny = {
      tail: (from, to) => [
        node('ReduceMean', ['data'], 'mean', { axes: [1, 2, 3] }),
        node('Flatten', ['mean'], 'mean_flat', { axis: 1 }),
        node('Add', [from, 'mean_flat'], to),
      ],
    };
    expect(describePrepared(sum).explain, 'something else is added').toBe(false);
    const bias: help.Tiny = { tail: (from, to) => [node('Add', [from, 'map_scale'], to)] };
    expect(describePrepared(bias).explain).toBe(true);
    expect(describePrepared()).toMatchObject({ explain: true, batch: undefined });
  });
});

const SCALE = ['map_scale', 'map_zero'];

/** Compares a graph that quantizes its map around the given pooling. */
function compareQuantized(pool: (from: string, to: string) => ReturnType<typeof node>[]) {
  const options: help.Tiny = {
    pool: (from, to) => [
      node('QuantizeLinear', [from, ...SCALE], 'map_quantized'),
      ...pool('map_quantized', 'pooled_quantized'),
      node('DequantizeLinear', ['pooled_quantized', ...SCALE], to),
    ],
  };
  return compare(help.tinyModel(options), prepare(options));
}

describe('what is wrong is said in one line', () => {
  const wrong: [string, () => unknown, RegExp][] = [
    ['not ONNX', () => read(Buffer.from('<html>no'), {}, 'x.onnx'), /x\.onnx is not an ONNX model/],
    ['an empty file', () => read(new Uint8Array()), /not an ONNX model/],
    ['another input', () => prepare({}, { input: 'image' }), /no input "image", it has: data;/],
    [
      'another output',
      () => prepare({}, { output: 'scores' }),
      /no output "scores", it has: logits;/,
    ],
    [
      'another size',
      () => prepare({ inputDims: ['N', 3, 299, 299] }),
      /is \[N,3,299,299\].*\[N,3,224,224\]/,
    ],
    ['another layout', () => prepare({ inputDims: ['N', 224, 224, 3] }), /is \[N,224,224,3\]/],
    ['no shape', () => prepare({ inputDims: [] }), /input "data" of tiny\.onnx is \[\]/],
    ['another type', () => prepare({ inputType: UINT8 }), /not float32/],
    [
      'other categories',
      () => prepare({ outputDims: ['N', 1001] }),
      /output "logits".*\[N,1001\].*\[N,1000\]/,
    ],
    [
      'two batch sizes',
      () => prepare({ inputDims: [4, 3, 224, 224], outputDims: [2, 1000] }),
      /batches of 4/,
    ],
    ['an old opset', () => prepare({ opset: 6 }), /opset 6/],
  ];
  it.each(wrong)('%s', (_, attempt, message) => {
    expect(attempt).toThrow(ModelError);
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(/\n/);
  });

  it('a file that was cut short', async () => {
    const whole = await readFile(await makeTestCard('testcard-int8', help.sharedModelDir));
    const half = whole.subarray(0, whole.length / 2);
    expect(() => read(half, {}, 'half.onnx')).toThrow(/half\.onnx is not an ONNX model/);
  });
});
