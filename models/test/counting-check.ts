// Stands in for the comparison of models and counts how often it is asked for.
import { appendFile } from 'node:fs/promises';
import type { Check } from '../src/check.ts';

export const check: Check = async ({ prepared }) => {
  await appendFile(process.env.SYNSET_TEST_COUNT ?? '', `${process.pid} ${prepared}\n`);
  return { difference: 0 };
};
