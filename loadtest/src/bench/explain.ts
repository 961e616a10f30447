// What class activation maps cost a photo: the worker's pipeline with and without them.
import { MALLOC_SETTINGS } from '@synset/shared';
import { runProgram } from '@synset/shared/testing';
import type { Context } from './context.ts';
import { type Pair, type Pairs, summarizePairs } from './pairs.ts';
import type { Model } from './results.ts';

const SCRIPT = new URL('../../../services/worker/test/explain-cost.ts', import.meta.url);

/** Turns of a round; a turn is a pair of each of the seven photos. */
const TURNS = 4;

/** Milliseconds a photo, decoding and inference: explained and not. */
export interface Explaining extends Pairs {
  readonly model: Model;
}

export async function measureExplaining(context: Context): Promise<Explaining[]> {
  const figures: Explaining[] = [];
  for (const model of context.options.plan.models) figures.push(await measure(context, model));
  return figures;
}

async function measure(context: Context, model: Model): Promise<Explaining> {
  const { plan, modelDir, closing, say } = context.options;
  say(`explain: ${model}`);
  const photos = await context.photosOf('imagenet');
  const env = { ...MALLOC_SETTINGS, MODEL_DIR: modelDir };
  const program = runProgram(SCRIPT, env, [model, `${TURNS * plan.rounds}`, ...photos]);
  closing.defer(() => void program.process.kill('SIGKILL'));
  if ((await program.exit) !== 0) throw new Error(`explain was not measured: ${program.output()}`);
  return { model, ...summarizePairs(JSON.parse(program.output()) as Pair[]) };
}
