// The comparisons, one scenario after the other, with the memory taken meanwhile.
import { loadModel } from '@synset/models';
import { sizes } from '../photos.ts';
import type { Service } from '../service.ts';
import { type Comparison, compare } from './comparison.ts';
import type { Context } from './context.ts';
import {
  type Arrangement,
  arrangements,
  nameOf,
  startReference,
  tryArrangements,
} from './reference.ts';
import type { Model, ScenarioFigures } from './results.ts';
import type { Scenario } from './scenarios.ts';

/** The trials are short: who comes so close to the fastest may be the fastest. */
const CLOSE = 0.9;

export async function measureSpeed(context: Context): Promise<ScenarioFigures[]> {
  const figures: ScenarioFigures[] = [];
  for (const model of context.options.plan.models) figures.push(...(await ofModel(context, model)));
  return figures;
}

async function ofModel(context: Context, model: Model): Promise<ScenarioFigures[]> {
  const { plan, modelDir } = context.options;
  const { path } = await loadModel(model, modelDir);
  return await context.withService({ model }, async (service) => {
    const figures: ScenarioFigures[] = [];
    for (const scenario of plan.scenarios) {
      figures.push(await measure(context, model, path, service, scenario));
    }
    return figures;
  });
}

async function measure(
  context: Context,
  model: Model,
  path: string,
  service: Service,
  scenario: Scenario,
): Promise<ScenarioFigures> {
  const { plan, cores, say } = context.options;
  const { size, connections, rounds, turnMs } = scenario;
  say(`${model}, ${sizes[size].name}, ${connections} at a time: trying the reference`);
  const photos = await context.photosOf(size);
  const trial = { photos, connections, ms: plan.trialMs };
  const tried = await tryArrangements(path, arrangements(cores), trial);
  const best = tried[0]?.perSecond ?? 0;
  const wanted = tried
    .filter(({ perSecond }) => perSecond >= CLOSE * best)
    .map((one) => one.arrangement);
  say(`  fastest with sessions x threads ${wanted.map(nameOf).join(', ')}; ${rounds} rounds`);
  await service.forgetPeaks();
  const terms = { photos, connections, rounds, ms: turnMs };
  const comparison = await withReferences(path, wanted, (references) =>
    compare({ load: context.options.load, service, references }, terms),
  );
  say(`  service / reference ${comparison.ratio.median.toFixed(2)}`);
  return { model, ...scenario, tried, comparison, memory: await service.memory() };
}

async function withReferences(
  path: string,
  wanted: readonly Arrangement[],
  use: (references: Parameters<typeof compare>[0]['references']) => Promise<Comparison>,
): Promise<Comparison> {
  const references = wanted.map((arrangement) => ({
    arrangement,
    reference: startReference({ path, ...arrangement }),
  }));
  try {
    return await use(references);
  } finally {
    for (const { reference } of references) await reference.close();
  }
}
