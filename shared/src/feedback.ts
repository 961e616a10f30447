// What users say of predictions, in Redis: one entry for each prediction, the last word on it.
import { z } from 'zod';
import { MAX_FEEDBACK, MAX_FEEDBACK_BYTES, SAY, UNSAY } from './feedback-scripts.ts';
import type { Keys } from './keys.ts';
import { decodePrediction, type PredictionRecord } from './predictions.ts';
import { Problem } from './problems.ts';
import { type BufferRedis, inTime, type Redis, runScript, withBuffers } from './redis.ts';
import { modelInfo } from './reply.ts';

const said = z.object({
  correct: z.boolean(),
  predicted: z.object({ index: z.int(), score: z.number() }),
  /** The right category where the predicted one is wrong; null where the user knows none. */
  label: z.int().nullable(),
  comment: z.string().nullable(),
  model: modelInfo,
  /** Of the photo. */
  sha256: z.string(),
});

export interface Feedback extends z.infer<typeof said> {
  /** Of the prediction. */
  readonly id: string;
}

export interface FeedbackEntry extends Feedback {
  /** ID in the stream: the cursor behind it. */
  readonly entry: string;
  /** When it was said, by ISO 8601. */
  readonly at: string;
  /** Whether its user has left the photo with it. */
  readonly hasPhoto: boolean;
}

export interface CategoryCount {
  /** Of the predicted category. */
  readonly index: number;
  readonly right: number;
  readonly wrong: number;
}

/** Before all entries. */
export const FIRST_CURSOR = '0-0';

/** When to try again where an operator has to make room. */
const FULL_RETRY_S = 600;

type Message = { readonly id: string; readonly message: Record<string, string> };

/** All methods reject when Redis does not answer in time. */
export class FeedbackStore {
  readonly #redis: Redis;
  readonly #buffers: BufferRedis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#buffers = withBuffers(redis);
    this.#keys = keys;
  }

  /** What was predicted under this ID; null where that is unknown, or was too long ago. */
  async prediction(id: string): Promise<PredictionRecord | null> {
    const json = await inTime(this.#redis, this.#redis.hGet(this.#keys.predictions, id));
    return json === null ? null : decodePrediction(json);
  }

  /**
   * The same again changes nothing; another opinion of the same prediction takes the place of the one
   * before, its photo included. Rejects with QUEUE_FULL; only the photo goes without saying so.
   */
  async keep(feedback: Feedback, photo: Buffer | null): Promise<{ photoKept: boolean }> {
    const { id, ...about } = feedback;
    const { correct, predicted, sha256 } = about;
    const verdict = `${predicted.index}:${correct ? 'right' : 'wrong'}`;
    // Without what else the object may have, and always in the same order.
    const text = JSON.stringify(said.parse(about));
    const answer = await this.#run(SAY, [id, text, verdict, sha256, photo ?? '']);
    if (answer === 'memory' || answer === 'entries') throw feedbackFull(answer);
    return { photoKept: answer === 'with' };
  }

  /** Oldest first, those behind the cursor `after`. */
  async list({ after, limit }: { after: string; limit: number }): Promise<FeedbackEntry[]> {
    const options = { COUNT: limit };
    const read = this.#redis.xRange(this.#keys.feedback, `(${after}`, '+', options);
    return toEntries(await inTime(this.#redis, read));
  }

  /** Newest first. */
  async latest(limit: number): Promise<FeedbackEntry[]> {
    const read = this.#redis.xRevRange(this.#keys.feedback, '+', '-', { COUNT: limit });
    return toEntries(await inTime(this.#redis, read));
  }

  /** Of each category that was judged. */
  async counts(): Promise<CategoryCount[]> {
    const asked = this.#redis.hGetAll(this.#keys.feedbackCounts);
    const counts = new Map<number, { index: number; right: number; wrong: number }>();
    for (const [name, count] of Object.entries(await inTime(this.#redis, asked))) {
      const [category, verdict] = name.split(':');
      const index = Number(category);
      const known = counts.get(index) ?? { index, right: 0, wrong: 0 };
      counts.set(index, { ...known, [verdict === 'right' ? 'right' : 'wrong']: Number(count) });
    }
    return [...counts.values()].sort((a, b) => a.index - b.index);
  }

  /** A photo that was left with an entry. */
  async photo(sha256: string): Promise<Buffer | null> {
    return await inTime(this.#redis, this.#buffers.hGet(this.#keys.feedbackPhotos, sha256));
  }

  /** As if these entries had never been said; photos go with the last entry that has them. */
  async remove(entries: readonly string[]): Promise<number> {
    return (await this.#run(UNSAY, entries)) as number;
  }

  #run(script: string, args: readonly (string | Buffer)[]): Promise<unknown> {
    const { feedback, feedbackIndex, feedbackCounts } = this.#keys;
    const { feedbackPhotos, feedbackPhotoUses, feedbackPhotoBytes } = this.#keys;
    const keys = [
      ...[feedback, feedbackIndex, feedbackCounts],
      ...[feedbackPhotos, feedbackPhotoUses, feedbackPhotoBytes],
    ];
    return inTime(this.#redis, runScript(this.#redis, script, keys, args));
  }
}

const toEntries = (messages: Message[] | null): FeedbackEntry[] =>
  (messages ?? []).map(({ id: entry, message: { id = '', said: text = '', photo } }) => ({
    entry,
    id,
    at: new Date(Number.parseInt(entry, 10)).toISOString(),
    ...said.parse(JSON.parse(text)),
    hasPhoto: photo !== '',
  }));

function feedbackFull(reason: 'memory' | 'entries'): Problem {
  const detail =
    reason === 'memory'
      ? 'Redis has no memory left for feedback.'
      : `There are ${MAX_FEEDBACK} entries of feedback, or ${MAX_FEEDBACK_BYTES} bytes of them, which is the limit: the operator has to export and remove some.`;
  return new Problem('QUEUE_FULL', detail, { retryAfterS: FULL_RETRY_S });
}
