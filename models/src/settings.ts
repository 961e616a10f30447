// The settings of the command line. Services hand theirs over as arguments.
import { z } from 'zod';
import { ModelError } from './error.ts';

const schema = z.object({
  /** Where model files lie, and prepared ones are kept. */
  MODEL_DIR: z.string().default('data/models'),
  /** The model that is meant where a command names none. */
  MODEL: z.string().optional(),
  /** Base URL of a private mirror; then nothing else is contacted. */
  MODEL_URL: z.url({ protocol: /^https?$/, error: 'must be a http or https URL' }).optional(),
});

export interface Settings {
  modelDir: string;
  model: string | undefined;
  mirror: string | undefined;
  /** For the proxies, which Node reads itself. */
  env: NodeJS.ProcessEnv;
}

/** @throws {ModelError} that names the variable */
export function readSettings(env = process.env): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const { data, error } = schema.safeParse(given);
  if (data) return { modelDir: data.MODEL_DIR, model: data.MODEL, mirror: data.MODEL_URL, env };
  const faults = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new ModelError(`bad setting: ${faults.join('; ')}`);
}
