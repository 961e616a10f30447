// The worker's settings.
import { availableParallelism, hostname } from 'node:os';
import { defaultModelName } from '@synset/models';
import { commonSettings, integer, parseEnv } from '@synset/shared';
import { z } from 'zod';

const cores = availableParallelism();

/** The variables, for the test that compares them with `.env.example`. */
export const settings = {
  ...commonSettings,
  /** Name of the consumer in the group; must be unique. */
  WORKER_NAME: z.string().default(`${hostname()}-${process.pid}`),
  /** A name in the catalogue, or the path of a model card. Without trained weights: `testcard`. */
  MODEL: z.string().default(defaultModelName()),
  /** Where model files lie and prepared ones are kept. */
  MODEL_DIR: z.string().default('data/models'),
  /** ONNX Runtime execution providers in order of preference, as in `cuda,cpu`. */
  EXECUTION_PROVIDERS: z
    .string()
    .regex(/^\w+(,\w+)*$/, 'must be names separated by commas')
    .default('cpu')
    .transform((names) => names.split(',')),
  /** Sessions that infer at the same time; each holds the weights once more. 0: see `arrange`. */
  SESSIONS: integer(0, 0, 64),
  /** Threads of one session; 0: the cores are shared among the sessions. */
  INTRA_OP_THREADS: integer(0, 0, 256),
  /** Most photos in one inference. On a CPU more than 1 gains nothing; on a GPU try 32. */
  BATCH_MAX: integer(1, 1, 256),
  /** How long an inference waits for its batch to fill; 0 takes what is there. */
  BATCH_WAIT_MS: integer(0, 0, 1000),
  /** After so long without a sign of its worker a job is given to another one. */
  CLAIM_IDLE_MS: integer(3000, 300, 3_600_000),
  /** How often a job may kill or fail its worker before it is given up. */
  MAX_DELIVERIES: integer(3, 1, 100),
  /** Which decoder reads the photos; `auto` takes sharp where it can and jimp elsewhere. */
  DECODER: z.enum(['auto', 'sharp', 'jimp']).default('auto'),
  /** Most pixels of one photo. */
  MAX_PIXELS: integer(50_000_000, 1, 1_000_000_000),
  /** Most pixels decoded at a time, over all photos. Bounds the memory of the worker. */
  MAX_DECODE_PIXELS: integer(60_000_000, 1, 1_000_000_000),
  /** Port of `/healthz`, `/readyz` and `/metrics`; without it there is no HTTP. */
  METRICS_PORT: integer(9464, 1, 65535).unwrap().optional(),
  /** Address that it listens on. 0.0.0.0 lets other machines in. */
  METRICS_HOST: z.string().default('127.0.0.1'),
};

const schema = z
  .object(settings)
  .refine((config) => config.MAX_PIXELS <= config.MAX_DECODE_PIXELS, {
    path: ['MAX_DECODE_PIXELS'],
    message: 'must be at least MAX_PIXELS, or the largest photo could never be decoded',
  })
  .transform((config) => ({ ...config, ...arrange(config) }));

interface Arrangement {
  readonly SESSIONS: number;
  readonly INTRA_OP_THREADS: number;
  readonly EXECUTION_PROVIDERS: readonly string[];
}

/**
 * How the cores are used. On 2 of them two sessions with a thread each do the most photos a second
 * (int8 72 against 63, fp32 22 against 20), and one with two threads is the fastest for a photo that
 * comes alone (13 ms against 23, 42 against 76). So, where nobody says otherwise, there are both.
 */
function arrange({ SESSIONS, INTRA_OP_THREADS, EXECUTION_PROVIDERS }: Arrangement) {
  const sessions = SESSIONS || Math.min(cores, 2);
  const threads = INTRA_OP_THREADS || Math.max(1, Math.floor(cores / sessions));
  const isWide = SESSIONS === 0 && `${EXECUTION_PROVIDERS}` === 'cpu' && threads < cores;
  return { SESSIONS: sessions, INTRA_OP_THREADS: threads, WIDE_THREADS: isWide ? cores : 0 };
}

export type WorkerConfig = z.infer<typeof schema>;

export const readConfig = (env = process.env): WorkerConfig => parseEnv(schema, env);

/** What one measurement of accuracy is about; the worker itself has no use for it. */
const accuracySchema = z.object({
  /** Folder of labelled photos. */
  PHOTOS: z.string().optional(),
  /** CSV file with the truth of photos. */
  LABELS: z.string().optional(),
  /** What to compare with: a model, or `decoder=jimp`. */
  AGAINST: z.string().optional(),
  /** Folder for the results. */
  OUT: z.string().default('data/accuracy'),
});

export const readAccuracyConfig = (env = process.env) => parseEnv(accuracySchema, env);

/** The worker's settings with another decoder (`decoder=jimp`) or another model. */
export function readOtherConfig(against: string, env = process.env): WorkerConfig {
  const decoder = /^decoder=(.*)$/.exec(against)?.[1];
  return readConfig({ ...env, ...(decoder ? { DECODER: decoder } : { MODEL: against }) });
}
