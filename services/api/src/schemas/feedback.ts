// What users say of predictions: as they say it, and as it is exported.
import { modelInfo } from '@synset/shared';
import { z } from 'zod';
import { examplePrediction } from './prediction.ts';
import { json, type RouteDoc } from './route-doc.ts';
import { queueProblems } from './upload.ts';

/** UTF-16 units, as `maxlength` in a page counts them, with one for each line end. */
export const MAX_COMMENT = 1000;
/** Entries in one answer. */
const MAX_ROWS = 1000;

const label = z
  .union([z.int(), z.string()])
  .describe('Index, synset or label of the right category, where `correct` is false.');

export const feedbackBody = z.strictObject({
  id: z.string().describe('Of the prediction.'),
  correct: z.boolean(),
  label: label.optional(),
  comment: z
    .string()
    .optional()
    .describe(`At most ${MAX_COMMENT} characters; what is none of the categories goes here.`),
  keepPhoto: z
    .boolean()
    .default(false)
    .describe('Whether the user lets the service keep the photo.'),
});

export const feedbackAnswer = z.object({
  success: z.literal(true),
  id: z.string(),
  photoKept: z.boolean().describe('False too where there was no room for the photo.'),
});

const category = z.object({ index: z.int(), synset: z.string(), label: z.string() });

const feedbackRow = z.object({
  entry: z.string().describe('The cursor behind it.'),
  id: z.string().describe('Of the prediction.'),
  at: z.string().describe('ISO 8601.'),
  correct: z.boolean(),
  prediction: category.extend({ score: z.number() }),
  label: category.nullable(),
  comment: z.string().nullable(),
  model: modelInfo,
  photo: z.object({ sha256: z.string(), kept: z.boolean() }),
});

/** The ID of an entry in Redis's stream. */
const CURSOR = /^\d{1,16}-\d{1,16}$/;

export const feedbackQuery = z.strictObject({
  format: z
    .enum(['jsonl', 'csv'])
    .optional()
    .describe('Without it browsers get a page, and programs JSON Lines.'),
  cursor: z
    .string()
    .regex(CURSOR, 'must be the `entry` of a row')
    .default('0-0')
    .describe('Only what was said after this entry.'),
  limit: z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(MAX_ROWS))
    .default(MAX_ROWS)
    .describe(`Most rows, 1 to ${MAX_ROWS}.`),
});

export type FeedbackBody = z.infer<typeof feedbackBody>;
export type FeedbackAnswer = z.infer<typeof feedbackAnswer>;
export type FeedbackRow = z.infer<typeof feedbackRow>;

const { id, model, image } = examplePrediction;

const exampleBody = { id, correct: false, label: 'tiger cat', comment: 'Look at the stripes.' };
const formBody = z.object({
  ...feedbackBody.shape,
  file: z
    .file()
    .optional()
    .describe('The photo, with `keepPhoto`; those of `POST /` and `POST /jobs` need not be sent.'),
});

export const exampleRow: FeedbackRow = {
  entry: '1767225600000-0',
  id,
  at: '2026-01-01T00:00:00.000Z',
  correct: false,
  prediction: { index: 281, synset: 'n02123045', label: 'tabby', score: 0.87 },
  label: { index: 282, synset: 'n02123159', label: 'tiger cat' },
  comment: 'Look at the stripes.',
  model,
  photo: { sha256: image.sha256, kept: false },
};

export const postFeedbackDoc: RouteDoc = {
  id: 'postFeedback',
  tag: 'feedback',
  summary: 'Say whether a prediction is right',
  description:
    'Of the last 100 000 predictions. The same again changes nothing; another opinion of the same prediction takes the place of the one before.',
  body: {
    ...json(feedbackBody, { wrong: exampleBody, right: { id, correct: true } }),
    'multipart/form-data': { schema: formBody },
  },
  answers: {
    201: {
      description: 'It is kept',
      content: json(feedbackAnswer, { kept: { success: true, id, photoKept: false } }),
    },
    303: {
      description: 'The same, to the form of a browser',
      headers: { Location: 'The page of what users say.' },
    },
  },
  problems: [
    ...queueProblems,
    ...(['INVALID_BODY', 'NOT_FOUND', 'NOT_MULTIPART', 'UPLOAD_TRUNCATED'] as const),
    ...(['TOO_MANY_FILES', 'FILE_EMPTY', 'FILE_TOO_LARGE', 'REQUEST_TIMEOUT'] as const),
  ],
  errors: 'page',
};

export const getFeedbackDoc: RouteDoc = {
  id: 'getFeedback',
  tag: 'feedback',
  summary: 'What users say of predictions',
  description:
    'Oldest first. Follow the link `next`, or ask again later with the last `entry` as the cursor: none is lost, and one comes again only where its opinion has changed.',
  answers: {
    200: {
      description: 'A row for each prediction that was judged; a page for browsers',
      headers: { Link: 'With `rel="next"`: where there is more.' },
      content: {
        'application/jsonl': { schema: feedbackRow, examples: { 'a line': exampleRow } },
        'text/csv': { schema: z.string() },
        'text/html': { schema: z.string() },
      },
    },
  },
  problems: ['INVALID_OPTION', ...queueProblems],
  errors: 'page',
};
