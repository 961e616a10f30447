// `make bench`: measures the service against the same work done in one process, and its memory.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Context } from './context.ts';
import { judgeMemory, judgeScenario } from './limits.ts';
import { startLoad } from './load.ts';
import { describeMachine } from './machine.ts';
import { measureMemory } from './memory.ts';
import { report } from './report.ts';
import type { Results, ScenarioFigures } from './results.ts';
import { fullPlan, shortPlan } from './scenarios.ts';
import { measureSpeed } from './speed.ts';

const DATA = fileURLToPath(new URL('../../data', import.meta.url));

const say = (line: string) => void process.stdout.write(`${line}\n`);
const closing = new AsyncDisposableStack();
let stopping = false;

async function onSignal(): Promise<void> {
  if (stopping) return;
  stopping = true;
  say('stopping');
  await closing.disposeAsync();
  process.exit(130);
}

async function bench(full: boolean): Promise<Results> {
  const machine = await describeMachine();
  const folder = await mkdtemp(join(tmpdir(), 'synset-bench-'));
  closing.defer(() => rm(folder, { recursive: true, force: true }));
  const load = startLoad();
  closing.defer(() => load.close());
  const plan = full ? fullPlan : shortPlan;
  const modelDir = join(DATA, 'models');
  const cores = availableParallelism();
  const context = new Context({ plan, cores, modelDir, folder, load, closing, say });
  const scenarios: ScenarioFigures[] = [];
  for (const model of plan.models) scenarios.push(...(await measureSpeed(context, model)));
  const memory = await measureMemory(context);
  const verdicts = [...scenarios.flatMap(judgeScenario), ...memory.flatMap(judgeMemory)];
  const command = `node loadtest/src/bench.ts${full ? ' --full' : ''}`;
  return { date: new Date().toISOString(), command, machine, scenarios, memory, verdicts };
}

async function save(results: Results): Promise<void> {
  await mkdir(join(DATA, 'bench'), { recursive: true });
  await writeFile(join(DATA, 'bench', 'latest.json'), `${JSON.stringify(results, null, 2)}\n`);
}

process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
// onnxruntime-node reports usage on Linux too unless the environment of the process says no.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

const { values } = parseArgs({ options: { full: { type: 'boolean', default: false } } });
try {
  const results = await bench(values.full);
  await save(results);
  say(`\n${report(results)}\n\nAll figures: data/bench/latest.json`);
} catch (error) {
  // What Ctrl-C cut short is no error.
  if (!stopping) {
    process.stderr.write(`synset bench: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
if (!stopping) await closing.disposeAsync();
