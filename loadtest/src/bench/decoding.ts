// What the worker's decoder takes for a photo, beside a plain resize by sharp.
import { MALLOC_SETTINGS } from '@synset/shared';
import { runProgram } from '@synset/shared/testing';
import { sizes } from '../photos.ts';
import type { Context } from './context.ts';
import { type Pair, type Pairs, summarizePairs } from './pairs.ts';

const SCRIPT = new URL('../../../services/worker/test/decode-cost.ts', import.meta.url);

/** How often a turn decodes each photo: a tenth of a second is enough for what else goes on. */
const TIMES = { imagenet: 4, mp12: 1 } as const;

/** Milliseconds a photo: of the decoder and of the plain resize. */
export interface Decoding extends Pairs {
  readonly size: keyof typeof TIMES;
}

export async function measureDecoding(context: Context): Promise<Decoding[]> {
  const figures: Decoding[] = [];
  for (const size of ['imagenet', 'mp12'] as const) figures.push(await measure(context, size));
  return figures;
}

async function measure(context: Context, size: Decoding['size']): Promise<Decoding> {
  const { plan, closing, say } = context.options;
  say(`decoding: ${sizes[size].name}`);
  const made = await context.photosOf(size);
  const photos = Array.from({ length: TIMES[size] }, () => made).flat();
  // As a worker has it: large photos are large blocks of memory.
  const program = runProgram(SCRIPT, MALLOC_SETTINGS, [`${plan.rounds}`, ...photos]);
  closing.defer(() => void program.process.kill('SIGKILL'));
  if ((await program.exit) !== 0) throw new Error(`decoding was not measured: ${program.output()}`);
  return { size, ...summarizePairs(JSON.parse(program.output()) as Pair[]) };
}
