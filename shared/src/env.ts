// Reading settings from environment variables: parsed once at start, clear about what is wrong.
import { z } from 'zod';

/** A setting that stops the start; the message is one line that names the variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** A whole number between `min` and `max`, both included. */
export const integer = (standard: number, min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .default(standard);

/** Settings that every service has. */
export const commonSettings = {
  /** Redis to use; `rediss://` for TLS. Change it to share one queue between machines. */
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).default('redis://127.0.0.1:6379'),
  /** First part of every key. Change it to run two systems on one Redis. */
  KEY_PREFIX: z
    .string()
    .regex(/^[\w-]+$/, 'may hold letters, digits, - and _')
    .default('synset'),
  /** How long an answer is used again for the same photo; 0: not at all. */
  CACHE_TTL_S: integer(600, 0, 30 * 86_400),
  /** Where traces are sent, by OTLP over HTTP: the base URL of a collector. Without it there are none. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** Least important log lines to write. */
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
};

/** Parses `env` by the schema. An empty variable counts as absent, as in a compose file's `${X:-}`. */
export function parseEnv<T extends z.ZodType>(schema: T, env: NodeJS.ProcessEnv): z.infer<T> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new ConfigError(`bad setting: ${lines.join('; ')}`);
}

/** Settings of a process that starts; a bad one ends it with a line that begins with `program`. */
export function settingsOrExit<T>(program: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${program}: ${error.message}\n`);
    process.exit(2);
  }
}
