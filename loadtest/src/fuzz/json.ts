// JSON bodies: right ones for the routes that take some, changed a little, and what is no JSON at all.
import type { PredictionRecord } from '@synset/shared';
import type { Random } from '../chaos/random.ts';
import { byteMutations, mutate } from './bytes.ts';
import type { Header } from './message.ts';

interface JsonRequest {
  readonly target: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
}

const MODEL = 'testcard-int8';
const INFER = `/v2/models/${MODEL}/infer`;
const VERSIONED = `/v2/models/${MODEL}/versions/1/infer`;
const BINARY = 'Inference-Header-Content-Length';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const NASTY: readonly Json[] = [
  ...[null, true, 0, -1, 1.5, 1e308, 2 ** 53, '', 'x'.repeat(5000), '\0', '\ud800', [], {}],
  ...[
    [[[]]],
    { __proto__: 1 },
    ['x', null, {}],
    '../..',
    'NaN',
    '1e999',
    [-1],
    [0],
    [1e12],
    [2 ** 31, 2],
  ],
];

/** A value of it, anywhere, becomes a nasty one, goes missing or comes twice. */
function spoil(value: Json, random: Random): Json {
  const inner = value !== null && typeof value === 'object';
  if (!inner || random.chance(0.15)) return random.pick(NASTY);
  const keys = Object.keys(value);
  const key = random.pick(keys);
  if (key === undefined) return random.pick(NASTY);
  if (Array.isArray(value)) {
    const at = Number(key);
    if (random.chance(0.2)) return [...value, ...value];
    return value.with(at, spoil(value[at] ?? null, random));
  }
  if (random.chance(0.2)) {
    const { [key]: _, ...others } = value;
    return others;
  }
  if (random.chance(0.1)) return { ...value, constructor: random.pick(NASTY) };
  return { ...value, [key]: spoil(value[key] ?? null, random) };
}

const NO_JSON = [
  ...[
    '',
    ' ',
    '{',
    '[',
    '"',
    'nul',
    '{"a":}',
    "{'a':1}",
    '{"a":1,}',
    '\ufeff{}',
    '{"a":1}{"b":2}',
    'NaN',
  ],
  ...[
    '['.repeat(20_000),
    '{"a":'.repeat(5000),
    '{"__proto__":{"x":1}}',
    '\xff\xfe',
    '1'.repeat(30_000),
  ],
];

/** What all feedback is of. */
export const judged: { id: string; prediction: PredictionRecord } = {
  id: '0b0f1d3e-6f0a-4c0e-9d2a-3f8c1b7a5e42',
  prediction: { sha256: '00', index: 282, score: 0.5, model: { name: 'x', trained: false } },
};

const feedback = (random: Random): Json => ({
  id: judged.id,
  correct: false,
  label: random.pick(['tabby', 281, 'n02123045', 'crane']),
  comment: random.pick([
    'x',
    '=1+1',
    '<script>alert(1)</script>',
    '\u202e\r\n\t"',
    'é'.repeat(1001),
  ]),
});

/** What is asked for: probabilities or the best categories, as text or as binary data. */
const outputs = (random: Random): { [name: string]: Json } => ({
  id: '1',
  ...(random.chance(0.3) && { parameters: { binary_data_output: true } }),
  ...(random.chance(0.7) && {
    outputs: [{ name: 'probabilities', parameters: { classification: 3, binary_data: true } }],
  }),
});

/** Photos as a BYTES tensor, in base64 in the JSON or behind it. */
function inferPhotos(photo: Buffer, random: Random): { json: Json; tail: Buffer } {
  const photos = Array.from({ length: random.pick([1, 1, 2, 3]) }, () => photo);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(photo.length);
  const isBinary = random.chance(0.6);
  const tail = Buffer.concat(isBinary ? photos.flatMap((one) => [length, one]) : []);
  const data: { [name: string]: Json } = isBinary
    ? { parameters: { binary_data_size: tail.length } }
    : { data: photos.map((one) => one.toString('base64')) };
  const input: Json = { name: 'image', datatype: 'BYTES', shape: [photos.length], ...data };
  return { json: { inputs: [input], ...outputs(random) }, tail };
}

/** Pixels, too few of them at times: they must be counted before the shape is believed. */
function inferPixels(random: Random): { json: Json; tail: Buffer } {
  const shape = random.pick([
    ...[
      [1, 224, 224, 3],
      [1, 224, 224, 3],
      [2, 224, 224, 3],
      [0, 224, 224, 3],
      [1, 1, 1, 3],
    ],
    ...[
      [1, 3, 224, 224],
      [1, 224, 224, 4],
      [2 ** 31, 224, 224, 3],
    ],
  ]);
  const full = Math.min(
    1_000_000,
    shape.reduce((product, side) => product * side, 1),
  );
  const tail = Buffer.alloc(random.pick([full, full, full, Math.max(0, full - 1), 0, 3]));
  const said = random.chance(0.8) ? tail.length : random.pick([tail.length + 1, -1, 0]);
  const parameters: Json = { binary_data_size: said };
  const input: Json = { name: 'pixels', datatype: 'UINT8', shape, parameters };
  return { json: { inputs: [input], ...outputs(random) }, tail };
}

export function jsonRequest(photo: Buffer, random: Random): JsonRequest {
  const isInfer = random.chance(0.7);
  const target = isInfer
    ? random.pick([INFER, INFER, INFER, VERSIONED, '/v2/models/x/infer'])
    : '/feedback';
  const whole = () => (random.chance(0.6) ? inferPhotos(photo, random) : inferPixels(random));
  const { json, tail } = isInfer ? whole() : { json: feedback(random), tail: Buffer.alloc(0) };
  const text = () => {
    if (random.chance(0.1)) return random.pick(NO_JSON);
    return JSON.stringify(random.chance(0.6) ? spoil(json, random) : json);
  };
  const head = Buffer.from(text(), 'utf8');
  const length = random.chance(0.85)
    ? head.length
    : random.pick([0, head.length + 1, head.length - 1, -5]);
  const body = Buffer.concat([head, tail]);
  return {
    target,
    headers: [
      [
        'Content-Type',
        random.pick(['application/json', 'application/json', 'application/octet-stream']),
      ],
      ...(tail.length > 0 || random.chance(0.1) ? [[BINARY, `${length}`] as const] : []),
    ],
    body: body.length > 0 && random.chance(0.15) ? mutate(body, byteMutations, random).bytes : body,
  };
}
