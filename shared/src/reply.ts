// What a worker says of a job: to the API instance that waits for it, and to whoever asks later.
import { z } from 'zod';
import { isConfident } from './confidence.ts';
import { jobFormats } from './formats.ts';
import { problemCodes } from './problems.ts';

export const modelInfo = z.object({ name: z.string(), trained: z.boolean() });

/** The best categories, best first: index in the model's order and probability 0..1. */
const categories = z.array(z.object({ index: z.int(), score: z.number() })).min(1);

/** Places of a class activation map along one side. */
export const GRID_SIDE = 7;

/** What each place of the photo adds to a category, as a share of what the strongest place adds. */
export const activationGrid = z
  .array(z.array(z.number().min(0).max(1)).length(GRID_SIDE))
  .length(GRID_SIDE);

/** A rectangle of the upright photo, in its pixels. */
export const photoArea = z.object({
  x: z.number(),
  y: z.number(),
  width: z.number(),
  height: z.number(),
});

/** Why the best categories are the best ones. */
const explanation = z.object({
  /** What the model saw, and the grids cover. */
  area: photoArea,
  /** Of as many categories as are explained, in their order. */
  grids: z.array(activationGrid).min(1),
});

const seen = {
  model: modelInfo,
  /** The photo's width and height seen upright. */
  width: z.int(),
  height: z.int(),
  /** Null where the model cannot explain; absent where nobody asked, and from older workers. */
  explanation: explanation.nullable().optional(),
};

const answer = z.object({
  jobId: z.string(),
  status: z.literal('done'),
  categories,
  /** See `isConfident`; older workers do not say. */
  confident: z.boolean().optional(),
  ...seen,
  format: z.enum(jobFormats),
  bytes: z.int(),
  sha256: z.string(),
  /** Whether it was known before the photo came. */
  cached: z.boolean(),
  uploadMs: z.number(),
  /** All the time since the job was queued that was neither decoding nor inference. */
  queueMs: z.number(),
  decodeMs: z.number(),
  inferenceMs: z.number(),
});

const failure = z.object({
  jobId: z.string(),
  status: z.literal('failed'),
  sha256: z.string(),
  code: z.enum(problemCodes),
  detail: z.string(),
});

/** A job that has no answer yet. */
const queued = z.object({
  status: z.literal('queued'),
  /** ID of its stream entry. */
  entry: z.string(),
  sha256: z.string(),
});

const reply = z.discriminatedUnion('status', [answer, failure]);

const record = z.discriminatedUnion('status', [queued, answer, failure]);

/** Number of categories in a cache entry. */
export const CACHED_CATEGORIES = 100;

/** Two lists instead of a hundred objects: a third of the bytes, and as much less to parse. */
const cacheEntry = z.object({
  ...seen,
  indices: z.array(z.int()).min(1),
  scores: z.array(z.number()),
});

export type CacheEntry = z.infer<typeof cacheEntry>;
/** What is kept of a job for its `resultTtlS`. */
export type JobRecord = z.infer<typeof record>;
export type PhotoArea = z.infer<typeof photoArea>;
export type Explanation = z.infer<typeof explanation>;
export type Answer = z.infer<typeof answer>;
export type Reply = z.infer<typeof reply>;

/** Throws where the entry is no reply. */
export function decodeReply(fields: Record<string, string>): Reply {
  return reply.parse(JSON.parse(fields.reply ?? ''));
}

/** Throws where the text is no record. */
export const decodeRecord = (json: string): JobRecord => record.parse(JSON.parse(json));

const SCORE_STEPS = 1e6;

/** To as many digits as clients get. */
export const roundScore = (score: number): number => Math.round(score * SCORE_STEPS) / SCORE_STEPS;

/** What a model saw in a photo, whoever asks. */
export type Seen = Pick<Answer, 'categories' | keyof typeof seen>;

/** The best categories, no more than `topK`, and the reasons for no others. */
export function atMost<T extends Pick<Seen, 'categories' | 'explanation'>>(
  seen: T,
  topK: number,
): T {
  const { categories, explanation } = seen;
  return {
    ...seen,
    categories: categories.slice(0, topK),
    ...(explanation && {
      explanation: { ...explanation, grids: explanation.grids.slice(0, topK) },
    }),
  };
}

export function encodeCacheEntry({ categories, ...seen }: Seen): string {
  const indices = categories.map(({ index }) => index);
  const scores = categories.map(({ score }) => roundScore(score));
  return JSON.stringify({ ...seen, indices, scores } satisfies CacheEntry);
}

/** Throws where the text is no cache entry. */
export const decodeCacheEntry = (json: string): CacheEntry => cacheEntry.parse(JSON.parse(json));

/** What an answer with `topK` categories says. */
export function seenIn({ indices, scores, ...seen }: CacheEntry, topK: number) {
  // Whether it is sure depends on the second one too.
  const best = indices.slice(0, Math.max(2, topK));
  const categories = best.map((index, i) => ({ index, score: scores[i] ?? 0 }));
  return { ...atMost({ ...seen, categories }, topK), confident: isConfident(categories) };
}
