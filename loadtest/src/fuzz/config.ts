// The settings of `make fuzz`.
import { randomInt } from 'node:crypto';
import { integer, parseEnv } from '@synset/shared';
import { z } from 'zod';

const MAX_SEED = 2 ** 32 - 1;

const schema = z.object({
  /** Repeats a run: the same requests in the same order. Default: a random one. */
  SEED: integer(-1, 0, MAX_SEED).transform((seed) => (seed < 0 ? randomInt(MAX_SEED) : seed)),
  /** Requests that are sent. */
  COUNT: integer(20_000, 1, 10_000_000),
  /** The number of the one request to send, of those of the seed. */
  ONLY: integer(-1, 0, 10_000_000),
  /** Where the test card lies, or is made. */
  MODEL_DIR: z.string().default('data/models'),
});

export type FuzzConfig = z.infer<typeof schema>;

export const readConfig = (env = process.env): FuzzConfig => parseEnv(schema, env);
