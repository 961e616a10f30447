// What is said of a photo, and the route that says it at once.
import { jobFormats, modelInfo } from '@synset/shared';
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
    predictions: z.array(prediction).min(1).describe('Best first.'),
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

export type Prediction = z.infer<typeof prediction>;
export type PredictAnswer = z.infer<typeof predictAnswer>;
export type Timings = z.infer<typeof timings>;

export const examplePrediction: PredictAnswer = {
  success: true,
  id: '577c4149-6c0c-4a4b-9a38-0d0f0e3f2a11',
  prediction: 'tabby',
  score: 0.87,
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
      content: json(predictAnswer, { photo: examplePrediction }),
    },
  },
  problems: predictionProblems,
};
