// What is known of a model: the fields of the catalogue and of a user's own JSON card.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ModelError } from './error.ts';

const triple = z.tuple([z.number(), z.number(), z.number()]);
const spread = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]);
const percent = z.number().min(0).max(100);

/** ImageNet's mean and standard deviation of R, G, B in 0..1. */
export const IMAGENET = {
  mean: [0.485, 0.456, 0.406] as [number, number, number],
  std: [0.229, 0.224, 0.225] as [number, number, number],
};

export const modelCardSchema = z.object({
  name: z.string().min(1),
  /** The ONNX file, relative to the card; for a catalogue entry, relative to the model folder. */
  file: z.string().min(1),
  trained: z.boolean(),
  urls: z.array(z.url({ protocol: /^https?$/ })).optional(),
  bytes: z.int().positive().optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, '64 hexadecimal digits expected')
    .transform((digits) => digits.toLowerCase())
    .optional(),
  licence: z.string().optional(),
  /** Published accuracy in percent. */
  top1: percent.optional(),
  top5: percent.optional(),
  source: z.string().optional(),
  /** The graph's input: float32 [N,3,224,224]. */
  input: z.string().min(1).default('data'),
  /** The graph's output: float32 [N,1000]; the only one where this is left out. */
  output: z.string().min(1).optional(),
  /** The model sees (x / 255 - mean) / std for each of R, G, B. */
  normalization: z.object({ mean: triple, std: spread }).default(IMAGENET),
});

export type ModelCard = z.infer<typeof modelCardSchema>;

/**
 * Reads the text of a model card.
 * @param where names the card in error messages
 * @throws {ModelError} when it is no JSON or a field is missing or wrong; the message names it
 */
export function parseCard(text: string, where: string): ModelCard {
  let json: unknown;
  try {
    // Editors on Windows put a byte order mark first.
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new ModelError(`model card ${where} is not JSON: ${oneLine(error)}`);
  }
  const parsed = modelCardSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `field "${path.join('.')}": ${message}`,
  );
  throw new ModelError(`model card ${where} is not valid: ${faults.join('; ')}`);
}

/** The models that can be asked for by name. */
export const catalogue: readonly ModelCard[] = z
  .array(modelCardSchema)
  .parse(JSON.parse(readFileSync(new URL('../catalogue.json', import.meta.url), 'utf8')));

export const inCatalogue = (name: string): ModelCard | undefined =>
  catalogue.find((card) => card.name === name);

/** Whether a name stands for a model that is made here and not downloaded. */
export const isTestCard = (name: string): boolean =>
  name === 'testcard' || name === 'testcard-int8' || name === 'testcard-qop';

function oneLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).replaceAll(/\s+/g, ' ');
}
