// What a worker says of a job: to the API instance that waits for it, and to whoever asks later.
import { z } from 'zod';
import { jobFormats } from './formats.ts';
import { problemCodes } from './problems.ts';

export const modelInfo = z.object({ name: z.string(), trained: z.boolean() });

/** The best categories, best first: index in the model's order and probability 0..1. */
const categories = z.array(z.object({ index: z.int(), score: z.number() })).min(1);

const seen = {
  model: modelInfo,
  /** The photo's width and height seen upright. */
  width: z.int(),
  height: z.int(),
};

const answer = z.object({
  jobId: z.string(),
  status: z.literal('done'),
  categories,
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

/** What is known of a photo, whoever asks. */
export type CacheEntry = z.infer<typeof cacheEntry>;
/** What is kept of a job for its `resultTtlS`. */
export type JobRecord = z.infer<typeof record>;
export type Answer = z.infer<typeof answer>;
export type Reply = z.infer<typeof reply>;

/** Throws where the entry is no reply. */
export function decodeReply(fields: Record<string, string>): Reply {
  return reply.parse(JSON.parse(fields.reply ?? ''));
}

/** Throws where the text is no record. */
export const decodeRecord = (json: string): JobRecord => record.parse(JSON.parse(json));

/** As many digits as clients get. */
const SCORE_STEPS = 1e6;

type Seen = Pick<Answer, 'categories' | keyof typeof seen>;

export function encodeCacheEntry({ categories, ...seen }: Seen): string {
  const indices = categories.map(({ index }) => index);
  const scores = categories.map(({ score }) => Math.round(score * SCORE_STEPS) / SCORE_STEPS);
  return JSON.stringify({ ...seen, indices, scores } satisfies CacheEntry);
}

/** Throws where the text is no cache entry. */
export const decodeCacheEntry = (json: string): CacheEntry => cacheEntry.parse(JSON.parse(json));

/** What an answer with `topK` categories says. */
export function seenIn({ indices, scores, ...seen }: CacheEntry, topK: number): Seen {
  const best = indices.slice(0, topK);
  return { ...seen, categories: best.map((index, i) => ({ index, score: scores[i] ?? 0 })) };
}
