// `make bench`: measures the service against the same work done in one process, and what it costs.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Context } from './bench/context.ts';
import { measureParts, type Part, parts } from './bench/parts.ts';
import { report } from './bench/report.ts';
import { fullPlan, shortPlan } from './bench/scenarios.ts';
import { chooseParts, runCommand, say } from './command.ts';
import { MODEL_DIR, saveResults } from './data.ts';
import { startLoad } from './load.ts';
import { describeMachine } from './machine.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: 'boolean', default: false } },
});

async function prepare(closing: AsyncDisposableStack): Promise<Context> {
  const folder = await mkdtemp(join(tmpdir(), 'synset-bench-'));
  closing.defer(() => rm(folder, { recursive: true, force: true }));
  const load = startLoad();
  closing.defer(() => load.close());
  const plan = values.full ? fullPlan : shortPlan;
  const cores = availableParallelism();
  return new Context({ plan, cores, modelDir: MODEL_DIR, folder, load, closing, say });
}

await runCommand('bench', async (closing) => {
  const wanted = chooseParts(Object.keys(parts) as Part[], positionals);
  const machine = await describeMachine();
  const found = await measureParts(await prepare(closing), wanted);
  const command = ['node loadtest/src/bench.ts', ...process.argv.slice(2)].join(' ');
  const results = { date: new Date().toISOString(), command, machine, ...found };
  await saveResults('latest', results);
  say(`\n${report(results)}\n\nAll figures: data/bench/latest.json`);
});
