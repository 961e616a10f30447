// What `make loadtest` can be told, checked before anything is started.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { defaultTestCardName } from '@synset/models';
import { ConfigError, parseEnv } from '@synset/shared';
import { z } from 'zod';
import { MODEL_DIR } from '../data.ts';
import { type Report, reportSchema } from './results.ts';

/** The folder of this package. */
const HERE = fileURLToPath(new URL('../..', import.meta.url));

const MOST_VALUES = 8;
const SECONDS = 'must be a number from 0.5 to 600';

const number = (text: string) => (/^\d+$/.test(text.trim()) ? Number(text) : Number.NaN);

/** `1,8,32`: each once, in order. */
const list = (name: string, most: number) =>
  z
    .string()
    .transform((text) => [...new Set(text.split(',').map(number))].sort((a, b) => a - b))
    .refine(
      (values) =>
        values.length <= MOST_VALUES && values.every((value) => value >= 1 && value <= most),
      `must be up to ${MOST_VALUES} numbers from 1 to ${most} with commas between, as ${name}`,
    );

const serviceUrl = z
  .url({ protocol: /^https?$/, error: 'must be an address such as http://localhost:3000' })
  .transform((text) => new URL(text))
  .refine(
    ({ pathname, search, username }) => pathname === '/' && search === '' && username === '',
    'must be host and port only, such as http://localhost:3000',
  )
  .transform(({ origin }) => origin);

const settings = {
  url: serviceUrl.optional(),
  users: list('1,8,32,64', 1000).default([1, 8, 32, 64]),
  workers: list('1,2', 64).optional(),
  model: z.string().optional(),
  'model-dir': z.string().default(MODEL_DIR),
  seconds: z.coerce.number(SECONDS).min(0.5, SECONDS).max(600, SECONDS).optional(),
  against: z.string().optional(),
  out: z.string().default(HERE),
};

const schema = z
  .object(settings)
  .refine(({ url, workers }) => !url || !workers, {
    path: ['workers'],
    error: 'how many are started; a service named by url has its own',
  })
  .refine(({ url, model }) => !url || !model, {
    path: ['model'],
    error: 'what is started; a service named by url has its own',
  });

export interface Options {
  /** A running service to measure, or null: then one is started. */
  readonly url: string | null;
  readonly users: readonly number[];
  readonly workers: readonly number[];
  readonly model: string;
  readonly modelDir: string;
  /** Of each run; null: as the time allows. */
  readonly seconds: number | null;
  /** The report to compare with. */
  readonly against: Report | null;
  readonly out: string;
}

/** Throws ConfigError. */
export function readOptions(args: readonly string[]): Options {
  const given = parseEnv(schema, parse(args));
  return {
    url: given.url ?? null,
    users: given.users,
    workers: given.workers ?? [1, 2].slice(0, availableParallelism()),
    model: given.model ?? defaultTestCardName(),
    modelDir: given['model-dir'],
    seconds: given.seconds ?? null,
    against: given.against ? readReport(given.against) : null,
    out: given.out,
  };
}

function parse(args: readonly string[]): Record<string, string> {
  const options = Object.fromEntries(
    Object.keys(settings).map((name) => [name, { type: 'string' as const }]),
  );
  try {
    return { ...parseArgs({ args: [...args], options }).values } as Record<string, string>;
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
}

/** Of an earlier load test. */
function readReport(file: string): Report {
  try {
    return reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? 'not a report.json of a load test' : `${error}`;
    throw new ConfigError(`bad setting: against: ${file}: ${why}`);
  }
}
