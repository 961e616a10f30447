// The 1000 ImageNet categories in the order of the models' output.
import { readFileSync } from 'node:fs';

export interface Category {
  index: number;
  /** WordNet 3.0 offset, such as n02123045; unique, which the label is not ("crane" occurs twice). */
  synset: string;
  label: string;
}

export const labels: readonly Category[] = JSON.parse(
  readFileSync(new URL('../labels.json', import.meta.url), 'utf8'),
);
