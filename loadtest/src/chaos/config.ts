// The settings of `make chaos`.
import { randomInt } from 'node:crypto';
import { integer, parseEnv } from '@synset/shared';
import { z } from 'zod';

const MAX_SEED = 2 ** 32 - 1;

const schema = z.object({
  /** Repeats a run: the same photos and faults in the same order. Default: a random one. */
  SEED: integer(-1, 0, MAX_SEED).transform((seed) => (seed < 0 ? randomInt(MAX_SEED) : seed)),
  /** Photos that are sent. */
  JOBS: integer(2000, 1, 100_000),
  /** Faults of all kinds together. */
  KILLS: integer(60, 1, 10_000),
  /** Where the test card lies, or is made. */
  MODEL_DIR: z.string().default('data/models'),
});

export type ChaosConfig = z.infer<typeof schema>;

export const readConfig = (env = process.env): ChaosConfig => parseEnv(schema, env);
