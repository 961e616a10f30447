// `make bench`: measures the service against the same work done in one process, and its memory.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Context } from './bench/context.ts';
import { measureMemory } from './bench/memory.ts';
import { report } from './bench/report.ts';
import type { Results, ScenarioFigures } from './bench/results.ts';
import { fullPlan, shortPlan } from './bench/scenarios.ts';
import { measureSpeed } from './bench/speed.ts';
import { judgeMemory, judgeScenario } from './bench/verdicts.ts';
import { runCommand, say } from './command.ts';
import { MODEL_DIR, saveResults } from './data.ts';
import { startLoad } from './load.ts';
import { describeMachine } from './machine.ts';

async function bench(full: boolean, closing: AsyncDisposableStack): Promise<Results> {
  const machine = await describeMachine();
  const folder = await mkdtemp(join(tmpdir(), 'synset-bench-'));
  closing.defer(() => rm(folder, { recursive: true, force: true }));
  const load = startLoad();
  closing.defer(() => load.close());
  const plan = full ? fullPlan : shortPlan;
  const cores = availableParallelism();
  const context = new Context({ plan, cores, modelDir: MODEL_DIR, folder, load, closing, say });
  const scenarios: ScenarioFigures[] = [];
  for (const model of plan.models) scenarios.push(...(await measureSpeed(context, model)));
  const memory = await measureMemory(context);
  const verdicts = [...scenarios.flatMap(judgeScenario), ...memory.flatMap(judgeMemory)];
  const command = `node loadtest/src/bench.ts${full ? ' --full' : ''}`;
  return { date: new Date().toISOString(), command, machine, scenarios, memory, verdicts };
}

const { values } = parseArgs({ options: { full: { type: 'boolean', default: false } } });

await runCommand('bench', async (closing) => {
  const results = await bench(values.full, closing);
  await saveResults('latest', results);
  say(`\n${report(results)}\n\nAll figures: data/bench/latest.json`);
});
