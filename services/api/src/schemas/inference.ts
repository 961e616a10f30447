// The Open Inference Protocol, version 2: its requests, its answers, and the routes that give them.
import { PIXELS_SIDE, type ProblemCode } from '@synset/shared';
import { z } from 'zod';
import { waitHeaders } from './prediction.ts';
import { json, type RouteDoc } from './route-doc.ts';
import { photoProblems, queueProblems } from './upload.ts';

export const IMAGE = 'image';
export const PIXELS = 'pixels';
export const PROBABILITIES = 'probabilities';
/** A model has another name when it is another one. */
export const VERSION = '1';
/** Photos in one request. */
export const MAX_PHOTOS = 100;

const parameters = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .describe('Those that are not named here are ignored.');

const shape = z.array(z.int());

/** As a whole: each of a million elements that are none would be an issue of its own. */
const requestShape = z
  .custom<number[]>(
    (value) => Array.isArray(value) && value.every(Number.isInteger),
    'must be whole numbers',
  )
  .meta({ type: 'array', items: { type: 'integer' } });

const requestInput = z.object({
  name: z.string().describe(`\`${IMAGE}\`: files of photos; \`${PIXELS}\`: what the model sees.`),
  datatype: z.string().describe(`BYTES for \`${IMAGE}\`, UINT8 for \`${PIXELS}\`.`),
  shape: requestShape.describe(
    `[n] or [n, 1] for \`${IMAGE}\`, [n, ${PIXELS_SIDE}, ${PIXELS_SIDE}, 3] for \`${PIXELS}\`; n is 1 to ${MAX_PHOTOS}.`,
  ),
  parameters: parameters.optional().describe('`binary_data_size`: bytes of it behind the JSON.'),
  data: z.unknown().optional().meta({
    type: 'array',
    items: {},
    description: 'Base64 of each file, or 0 to 255 for each colour; nested or flat.',
  }),
});

const requestOutput = z.object({
  name: z.string().describe(`\`${PROBABILITIES}\``),
  parameters: parameters
    .optional()
    .describe(
      '`classification`: as many of the best categories as strings `score:index:label`; `binary_data`: as binary data.',
    ),
});

const oneInput = `must have one input: "${IMAGE}" or "${PIXELS}"`;
const oneOutput = `must have one output: "${PROBABILITIES}"`;

// Tuples: what is beyond their length is not looked at, however much it is.
export const inferRequest = z.object({
  id: z.string().max(1000).optional().describe('Comes back.'),
  parameters: parameters.optional().describe('`binary_data_output`: outputs as binary data.'),
  inputs: z.tuple([requestInput], oneInput),
  outputs: z.tuple([requestOutput], oneOutput).optional(),
});

const responseOutput = z.object({
  name: z.string(),
  datatype: z.enum(['FP32', 'BYTES']),
  shape,
  parameters: z.object({ binary_data_size: z.int() }).optional(),
  data: z.array(z.union([z.number(), z.string()])).optional(),
});

export const inferResponse = z.object({
  model_name: z.string().describe('Of the model that answered for the first photo.'),
  model_version: z.string(),
  id: z.string().optional(),
  parameters: z
    .object({ models: z.string() })
    .optional()
    .describe('Where one model is replacing another and both have answered: whose row each is.'),
  outputs: z.array(responseOutput),
});

const tensor = z.object({ name: z.string(), datatype: z.string(), shape });

const serverMetadata = z.object({
  name: z.string(),
  version: z.string(),
  extensions: z.array(z.string()),
});

const modelMetadata = z.object({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(tensor).describe('A request has one of them.'),
  outputs: z.array(tensor),
  properties: z.record(z.string(), z.string()),
});

export type InferRequest = z.infer<typeof inferRequest>;
export type InferResponse = z.infer<typeof inferResponse>;
export type RequestInput = z.infer<typeof requestInput>;
export type ServerMetadata = z.infer<typeof serverMetadata>;
export type ModelMetadata = z.infer<typeof modelMetadata>;

const name = 'resnet50-v1-12-int8';
const params = z.object({ name: z.string().describe('Of a model that a worker serves.') });
const withVersion = params.extend({ version: z.literal(VERSION) });

/** The same route once more, for clients that name a version. */
export const versioned = (doc: RouteDoc): RouteDoc => ({
  ...doc,
  id: `${doc.id}Version`,
  params: withVersion,
});

const protocol = { tag: 'inference', errors: 'protocol' } as const;

export const serverDoc = (id: string): RouteDoc => ({
  ...protocol,
  id,
  summary: 'The server',
  answers: {
    200: {
      description: 'Its name, version and extensions',
      content: json(serverMetadata, {
        synset: { name: 'synset', version: '0.1.0', extensions: ['binary_tensor_data'] },
      }),
    },
  },
});

/** What health routes answer has no body. */
const readyAnswers = { 200: { description: 'Yes' }, 503: { description: 'Not now' } };

export const liveDoc: RouteDoc = {
  ...protocol,
  id: 'inferenceLive',
  summary: 'Alive?',
  answers: { 200: { description: 'Yes' } },
  isHealth: true,
};

export const inferenceReadyDoc: RouteDoc = {
  ...protocol,
  id: 'inferenceReady',
  summary: 'Ready?',
  answers: readyAnswers,
  isHealth: true,
};

export const modelReadyDoc: RouteDoc = {
  ...protocol,
  id: 'modelReady',
  summary: 'Is this model ready?',
  params,
  answers: { 200: { description: 'Yes' } },
  problems: ['NOT_FOUND', 'QUEUE_UNAVAILABLE'],
  errors: 'status',
};

export const modelMetadataDoc: RouteDoc = {
  ...protocol,
  id: 'modelMetadata',
  summary: 'What a model takes and gives',
  params,
  answers: {
    200: {
      description: 'Its tensors',
      content: json(modelMetadata, {
        int8: {
          name,
          versions: [VERSION],
          platform: 'onnx_onnxv1',
          inputs: [{ name: IMAGE, datatype: 'BYTES', shape: [-1] }],
          outputs: [{ name: PROBABILITIES, datatype: 'FP32', shape: [-1, 1000] }],
          properties: { trained: 'true' },
        },
      }),
    },
  },
  problems: ['NOT_FOUND', 'QUEUE_UNAVAILABLE'],
};

const inferProblems: readonly ProblemCode[] = [
  ...photoProblems,
  ...queueProblems,
  'INVALID_BODY',
  'INVALID_OPTION',
  'FILE_EMPTY',
  'NOT_FOUND',
  'UPLOAD_TRUNCATED',
  'REQUEST_TIMEOUT',
  'FILE_TOO_LARGE',
  'JOB_FAILED',
  'DEADLINE_EXCEEDED',
];

const binary = { 'application/octet-stream': { schema: z.file() } };

export const inferDoc: RouteDoc = {
  ...protocol,
  id: 'infer',
  summary: 'Classify 1 to 100 photos',
  description: `One input: \`${IMAGE}\`, encoded photos, which are prepared like those of \`/predict\`, or \`${PIXELS}\`, ${PIXELS_SIDE} x ${PIXELS_SIDE} RGB pixels, which are inferred as they are. As binary data (\`application/octet-stream\`) the tensors follow the JSON, whose bytes \`Inference-Header-Content-Length\` counts; each element of BYTES begins with its length, 4 bytes, little-endian.`,
  params,
  headers: z.object({
    ...waitHeaders,
    'inference-header-content-length': z.string().optional().describe('Bytes of the JSON.'),
  }),
  body: {
    ...json(inferRequest, {
      'five best categories of a photo': {
        id: '42',
        inputs: [{ name: IMAGE, datatype: 'BYTES', shape: [1], data: ['/9j/4AAQSkZJRg=='] }],
        outputs: [{ name: PROBABILITIES, parameters: { classification: 5 } }],
      },
    }),
    ...binary,
  },
  answers: {
    200: {
      description: 'A row for each photo',
      headers: { 'Inference-Header-Content-Length': 'Bytes of the JSON, with binary data.' },
      content: {
        ...json(inferResponse, {
          'two best categories': {
            model_name: name,
            model_version: VERSION,
            id: '42',
            outputs: [
              {
                name: PROBABILITIES,
                datatype: 'BYTES',
                shape: [1, 2],
                data: ['0.87:281:tabby', '0.09:282:tiger cat'],
              },
            ],
          },
        }),
        ...binary,
      },
    },
  },
  problems: inferProblems,
};
