// What was predicted lately, for as long as somebody may say whether it was right.
import { z } from 'zod';
import type { Answer } from './reply.ts';
import { modelInfo, roundScore } from './reply.ts';

/**
 * Predictions that are remembered, over all instances; the oldest go first. All have 32 MB, so that
 * Redis's memory is not looked at for each: 20 µs, where the writing takes 3 to 12.
 */
const MAX_PREDICTIONS = 100_000;

const prediction = z.object({
  sha256: z.string(),
  /** Of the best category. */
  index: z.int(),
  score: z.number(),
  model: modelInfo,
});

export type PredictionRecord = z.infer<typeof prediction>;

/**
 * Lua: a job's ID may come again once its record has expired, and has its place in the list then. The
 * list comes first: a user of Redis who may not write it must not let the hash grow without end.
 */
export const REMEMBER = `
local function remember(predictions, ids, id, prediction)
  local count = redis.call('RPUSH', ids, id)
  if redis.call('HSET', predictions, id, prediction) == 0 then
    redis.call('LTRIM', ids, 0, -2)
  elseif count > ${MAX_PREDICTIONS} then
    redis.call('HDEL', predictions, redis.call('LPOP', ids))
  end
end`;

export function encodePrediction({ sha256, categories, model }: Answer): string {
  const { index = 0, score = 0 } = categories[0] ?? {};
  const about: PredictionRecord = { sha256, index, score: roundScore(score), model };
  return JSON.stringify(about);
}

/** Throws where the text is no prediction. */
export const decodePrediction = (json: string): PredictionRecord =>
  prediction.parse(JSON.parse(json));
