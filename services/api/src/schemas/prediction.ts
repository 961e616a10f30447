// What is said of a photo, and the route that says it at once.
import { activationGrid, jobFormats, modelInfo, photoArea } from '@synset/shared';
import { z } from 'zod';
import { json, type RouteDoc } from './route-doc.ts';
import { predictionProblems } from './upload.ts';

const score = z.number().min(0).max(1).describe('Probability.');

const prediction = z.object({
  index: z.int().describe('In the order of the model.'),
  synset: z.string().describe('WordNet ID.'),
  label: z.string(),
  score,
});

const explained = {
  category: z.int().describe('Index of the category.'),
  grid: activationGrid.describe(
    'Rows of places from the top: how much each speaks for the category, as a share of the strongest.',
  ),
};

const explanation = z
  .object({
    ...explained,
    area: photoArea.describe('What the model saw of the upright photo, in pixels; grids cover it.'),
    others: z
      .array(z.object(explained))
      .describe('The next best, as many as are asked for; up to 4.'),
  })
  .meta({ id: 'Explanation', description: 'Class activation maps of the best categories.' });

const timings = z.object({
  uploadMs: z.number(),
  queueMs: z
    .number()
    .describe('All the time between upload and answer that was neither decoding nor inference.'),
  decodeMs: z.number(),
  inferenceMs: z.number(),
  totalMs: z.number(),
});

export const predictAnswer = z
  .object({
    success: z.literal(true),
    id: z.string(),
    prediction: z.string().describe('Label of the best category.'),
    score,
    confident: z
      .boolean()
      .describe('Whether the best category is likely enough, and far enough before the second.'),
    predictions: z.array(prediction).min(1).describe('Best first.'),
    explanation: explanation
      .nullable()
      .optional()
      .describe('Where it was asked for; null where the model cannot explain.'),
    model: modelInfo.describe('Where `trained` is false the answer means nothing.'),
    image: z.object({
      format: z.enum(jobFormats),
      width: z.int().describe('Seen upright.'),
      height: z.int(),
      bytes: z.int(),
      sha256: z.string(),
    }),
    cached: z.boolean().describe('Whether it was known before the photo came.'),
    timings,
  })
  .meta({ id: 'Prediction', description: 'What a photo shows.' });

export type Explanation = z.infer<typeof explanation>;
export type Prediction = z.infer<typeof prediction>;
export type PredictAnswer = z.infer<typeof predictAnswer>;
export type Timings = z.infer<typeof timings>;

export const examplePrediction: PredictAnswer = {
  success: true,
  id: '577c4149-6c0c-4a4b-9a38-0d0f0e3f2a11',
  prediction: 'tabby',
  score: 0.87,
  confident: true,
  predictions: [
    { index: 281, synset: 'n02123045', label: 'tabby', score: 0.87 },
    { index: 282, synset: 'n02123159', label: 'tiger cat', score: 0.09 },
  ],
  model: { name: 'resnet50-v1-12-int8', trained: true },
  image: {
    format: 'jpeg',
    width: 500,
    height: 375,
    bytes: 109527,
    sha256: '4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a',
  },
  cached: false,
  timings: { uploadMs: 0.8, queueMs: 0.4, decodeMs: 4.1, inferenceMs: 7.9, totalMs: 14 },
};

const exampleGrid = [
  [0, 0, 0, 0, 0, 0, 0],
  [0, 0.12, 0.31, 0.18, 0, 0, 0],
  [0.04, 0.38, 0.87, 0.52, 0.09, 0, 0],
  [0.02, 0.41, 1, 0.66, 0.14, 0, 0],
  [0, 0.22, 0.58, 0.43, 0.11, 0, 0],
  [0, 0.05, 0.17, 0.13, 0.02, 0, 0],
  [0, 0, 0, 0, 0, 0, 0],
];

const exampleExplained: PredictAnswer = {
  ...examplePrediction,
  explanation: {
    category: 281,
    grid: exampleGrid,
    area: { x: 85.044, y: 23.438, width: 328.446, height: 328.125 },
    others: [{ category: 282, grid: exampleGrid.toReversed() }],
  },
};

export const waitHeaders = {
  'x-request-timeout': z
    .string()
    .optional()
    .describe('How long the client waits: `500`, `500ms` or `2s`. It counts up to a limit.'),
  'cache-control': z
    .string()
    .optional()
    .describe('`no-cache` or `no-store` wants an answer that no one had before.'),
};

export const predictDoc: RouteDoc = {
  id: 'predict',
  tag: 'classify',
  summary: 'Classify a photo',
  description:
    'The photo is field `file` of a form, or the body itself. Its format is told from its bytes: JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF.',
  headers: z.object(waitHeaders),
  body: {
    'multipart/form-data': { schema: z.object({ file: z.file() }) },
    'image/*': { schema: z.file() },
  },
  answers: {
    200: {
      description: 'What the photo shows',
      headers: { 'Server-Timing': 'The timings, for the tools of browsers.' },
      content: json(predictAnswer, {
        photo: examplePrediction,
        'explain=true': exampleExplained,
      }),
    },
  },
  problems: predictionProblems,
};
