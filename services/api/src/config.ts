// The API's settings.
import { commonSettings, describeError, integer, parseEnv } from '@synset/shared';
import { z } from 'zod';
import { parseKeys } from './api-keys.ts';
import { parseOrigins, parseProxies } from './network.ts';
import { parseRateLimit } from './rate-limit.ts';

const MIB = 1024 * 1024;

/** A setting that is read by `parse`, whose error says what is wrong with it. */
const parsed = <T>(parse: (text: string) => T) =>
  z.string().transform((text, context): T => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue(describeError(error));
      return z.NEVER;
    }
  });

/** The variables, for the test that compares them with `.env.example`. */
export const settings = {
  ...commonSettings,
  /** Address to listen on. 0.0.0.0 lets other machines in. */
  HOST: z.string().default('127.0.0.1'),
  PORT: integer(3000, 0, 65535),
  /** Keys, one of which a request must bring, or their digests. More than one while they change. */
  API_KEYS: parsed((text) => parseKeys(text.split(','))).default([]),
  /** A file with more of them, one a line. */
  API_KEYS_FILE: z.string().optional(),
  /** Most photos or pages that one key, or one address, may ask for in a time. */
  RATE_LIMIT: parsed(parseRateLimit).optional(),
  /** Sites whose pages may ask from a browser. */
  CORS_ORIGINS: parsed(parseOrigins).default([]),
  /** Proxies whose X-Forwarded-For, -Host and -Proto are believed. */
  TRUST_PROXY: parsed(parseProxies).default([]),
  /** Whether GET /metrics needs no key. */
  METRICS_OPEN: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
  /** Most bytes of one photo. */
  MAX_UPLOAD_BYTES: integer(10 * MIB, 1, 1024 * MIB),
  /** Most pixels of one photo. */
  MAX_PIXELS: integer(50_000_000, 1, 1_000_000_000),
  /** Most bytes of photos that this instance holds at a time; further uploads wait unread. */
  MAX_IN_FLIGHT_BYTES: integer(64 * MIB, 1, 64 * 1024 * MIB),
  /** Most jobs that wait or run at a time, over all instances. */
  QUEUE_LIMIT: integer(1000, 1, 1_000_000),
  /** Most bytes of their photos. Must fit into Redis's memory. */
  QUEUE_BYTES: integer(256 * MIB, 1, 1024 * 1024 * MIB),
  /** Longest wait for an answer; a client may ask for less by X-Request-Timeout. */
  REQUEST_TIMEOUT_MS: integer(10_000, 1, 3_600_000),
  /** Share of the traces that begin here which is recorded. */
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0|1|0?\.\d+|1\.0+)$/, 'must be a number from 0 to 1')
    .transform(Number)
    .default(1),
  /** How long the results of POST /jobs are kept. */
  RESULT_TTL_S: integer(3600, 1, 30 * 86_400),
  /** How long the page can show a photo again. */
  PHOTO_TTL_S: integer(600, 1, 86_400),
  /** How long it goes on serving, no longer ready, when it is told to end: a balancer sees it by then. */
  SHUTDOWN_DELAY_MS: integer(0, 0, 60_000),
  /** Whether requests are counted, and `GET /metrics` is there. */
  METRICS: z.enum(['on', 'off']).default('on'),
};

const schema = z
  .object(settings)
  .refine((config) => config.MAX_UPLOAD_BYTES <= config.QUEUE_BYTES, {
    path: ['QUEUE_BYTES'],
    message: 'must be at least MAX_UPLOAD_BYTES, or the largest photo could never be queued',
  })
  .refine((config) => config.MAX_UPLOAD_BYTES <= config.MAX_IN_FLIGHT_BYTES, {
    path: ['MAX_IN_FLIGHT_BYTES'],
    message: 'must be at least MAX_UPLOAD_BYTES, or the largest photo would never be read',
  });

export type ApiConfig = z.infer<typeof schema>;

export const readConfig = (env = process.env): ApiConfig => parseEnv(schema, env);
