// The settings of `make run`. What the API and the workers take is passed on to them.
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { commonSettings, integer, parseEnv } from '@synset/shared';
import { z } from 'zod';

/** The variables, for the test that compares them with `.env.example`. */
export const settings = {
  HOST: z.string().default('127.0.0.1'),
  PORT: integer(3000, 1, 65535),
  /** Worker processes that share the queue. */
  WORKERS: integer(1, 1, 64),
  /** An existing Redis to use. Without it a private one is started. */
  REDIS_URL: commonSettings.REDIS_URL.unwrap().optional(),
  /** First part of every key: what the services take, and the dead letters are found by. */
  KEY_PREFIX: commonSettings.KEY_PREFIX,
  /** A name in the catalogue or a model card. Without it: the trained model, else the test card. */
  MODEL: z.string().optional(),
  MODEL_DIR: z.string().default('data/models'),
  /** Base URL of a mirror of the model files; then nothing else is contacted. */
  MODEL_URL: z.url({ protocol: /^https?$/, error: 'must be a http or https URL' }).optional(),
  /** Where the private Redis keeps its append-only file. */
  DATA_DIR: z.string().default('data'),
  /** The terminal shows what local says; from the services it shows warnings and worse. */
  LOG_LEVEL: commonSettings.LOG_LEVEL.unwrap().default('warn'),
  /** Sessions of each worker. Without it the cores are shared among the workers. */
  SESSIONS: integer(0, 0, 64),
  INTRA_OP_THREADS: integer(0, 0, 256),
  /** Port of the first worker's metrics; each further worker takes the next one. */
  METRICS_PORT: integer(9464, 1, 65535).unwrap().optional(),
};

const schema = z.object(settings);

export type LocalConfig = z.infer<typeof schema>;

/** What was set, with what follows from it for the processes to be started. */
export interface Plan {
  readonly config: LocalConfig;
  /** Environment of the API and the workers. */
  readonly env: NodeJS.ProcessEnv;
}

export function readPlan(env = process.env): Plan {
  const config = parseEnv(schema, env);
  const { sessions, threads } = shareCores(config);
  return {
    config,
    env: {
      ...env,
      LOG_LEVEL: config.LOG_LEVEL,
      MODEL_DIR: resolve(config.MODEL_DIR),
      SESSIONS: `${sessions}`,
      INTRA_OP_THREADS: `${threads}`,
    },
  };
}

/** A worker takes all cores that it sees; several are told their parts. 0: the worker decides. */
function shareCores({ WORKERS, SESSIONS, INTRA_OP_THREADS }: LocalConfig) {
  if (WORKERS === 1) return { sessions: SESSIONS, threads: INTRA_OP_THREADS };
  const cores = availableParallelism();
  const sessions = SESSIONS || Math.max(1, Math.floor(Math.min(cores, 2) / WORKERS));
  const threads = INTRA_OP_THREADS || Math.max(1, Math.floor(cores / sessions / WORKERS));
  return { sessions, threads };
}
