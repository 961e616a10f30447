// The output tensor of an inference, as numbers or as the best categories, in JSON or as binary data.
import { labels } from '@synset/models/labels';
import type { Answer } from '@synset/shared';
import { invalid, quote } from '../request.ts';
import {
  type InferRequest,
  type InferResponse,
  PROBABILITIES,
  VERSION,
} from '../schemas/inference.ts';

export interface OutputPlan {
  /** As many best categories as text; null for all probabilities. */
  readonly classification: number | null;
  readonly isBinary: boolean;
}

export interface InferAnswer {
  readonly json: InferResponse;
  /** Behind the JSON; null where that has all. */
  readonly binary: Buffer | null;
}

/** Throws INVALID_BODY. */
export function planOutput({ parameters, outputs }: InferRequest): OutputPlan {
  const [output] = outputs ?? [{ name: PROBABILITIES, parameters: {} }];
  if (output.name !== PROBABILITIES) {
    throw invalid(`There is no output ${quote(output.name)}: it is "${PROBABILITIES}".`);
  }
  const { classification = null, binary_data } = output.parameters ?? {};
  const isBinary = binary_data ?? parameters?.binary_data_output ?? false;
  if (typeof isBinary !== 'boolean') {
    throw invalid('binary_data and binary_data_output must be true or false');
  }
  return { classification: checkCount(classification), isBinary };
}

/** Categories that an answer must have. */
export const topKOf = ({ classification }: OutputPlan): number => classification ?? labels.length;

function checkCount(count: string | number | boolean | null): number | null {
  if (count === null) return null;
  if (Number.isInteger(count) && Number(count) >= 1 && Number(count) <= labels.length) {
    return Number(count);
  }
  throw invalid(`classification must be a whole number from 1 to ${labels.length}.`);
}

export function toInferAnswer(
  { id }: InferRequest,
  plan: OutputPlan,
  answers: readonly Answer[],
): InferAnswer {
  const tensor = plan.classification ? categories(answers, plan) : probabilities(answers, plan);
  const { datatype, shape, data, binary } = tensor;
  const content = binary ? { parameters: { binary_data_size: binary.length } } : { data };
  const names = answers.map(({ model }) => model.name);
  const isMixed = new Set(names).size > 1;
  const json: InferResponse = {
    model_name: names[0] ?? '',
    model_version: VERSION,
    ...(id !== undefined && { id }),
    ...(isMixed && { parameters: { models: names.join(',') } }),
    outputs: [{ name: PROBABILITIES, datatype, shape, ...content }],
  };
  return { json, binary };
}

function probabilities(answers: readonly Answer[], { isBinary }: OutputPlan) {
  const rows = new Float32Array(answers.length * labels.length);
  for (const [i, { categories }] of answers.entries()) {
    for (const { index, score } of categories) rows[i * labels.length + index] = score;
  }
  const shape = [answers.length, labels.length];
  const tensor = { datatype: 'FP32' as const, shape };
  if (!isBinary) return { ...tensor, data: [...rows], binary: null };
  return { ...tensor, data: [], binary: littleEndian(rows) };
}

function littleEndian(numbers: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(numbers.byteLength);
  for (const [i, number] of numbers.entries()) bytes.writeFloatLE(number, i * 4);
  return bytes;
}

function categories(answers: readonly Answer[], plan: OutputPlan) {
  const data = answers.flatMap((answer) => answer.categories.map(toText));
  const shape = [answers.length, topKOf(plan)];
  const binary = plan.isBinary ? Buffer.concat(data.flatMap(toElement)) : null;
  return { datatype: 'BYTES' as const, shape, data, binary };
}

const toText = ({ index, score }: Answer['categories'][number]): string =>
  `${Number(score.toFixed(6))}:${index}:${labels[index]?.label}`;

function toElement(text: string): Buffer[] {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(text));
  return [length, Buffer.from(text)];
}
