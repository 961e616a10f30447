// `make reliability`: kills workers, sends too much, for long or slowly, and says which limits were kept.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseParts, runCommand, say } from './command.ts';
import { saveResults } from './data.ts';
import type { Verdict } from './limits.ts';
import { startLoad } from './load.ts';
import { describeMachine } from './machine.ts';
import { makePhotos } from './photos.ts';
import { measureOverload } from './reliability/overload.ts';
import { fullPlan, shortPlan } from './reliability/plan.ts';
import { measureRecovery } from './reliability/recovery.ts';
import { type Results, report } from './reliability/report.ts';
import { startSender } from './reliability/sender.ts';
import type { Setting } from './reliability/setting.ts';
import { measureSlow } from './reliability/slow.ts';
import { measureSoak } from './reliability/soak.ts';
import { judgeOverload, judgeRecovery, judgeSlow, judgeSoak } from './reliability/verdicts.ts';

type Part = 'recovery' | 'overload' | 'soak' | 'slow';
type Figures = Pick<Results, Part>;

const parts: Record<Part, (setting: Setting) => Promise<[Figures, Verdict[]]>> = {
  recovery: async (setting) => {
    const recovery = await measureRecovery(setting);
    return [{ recovery }, judgeRecovery(recovery)];
  },
  overload: async (setting) => {
    const overload = await measureOverload(setting);
    return [{ overload }, judgeOverload(overload)];
  },
  soak: async (setting) => {
    const soak = await measureSoak(setting);
    return [{ soak }, judgeSoak(soak)];
  },
  slow: async (setting) => {
    const slow = await measureSlow(setting);
    return [{ slow }, judgeSlow(slow)];
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: 'boolean', default: false } },
});

async function prepare(closing: AsyncDisposableStack): Promise<Setting> {
  const folder = await mkdtemp(join(tmpdir(), 'synset-reliability-'));
  closing.defer(() => rm(folder, { recursive: true, force: true }));
  const [load, sender] = [startLoad(), startSender()];
  closing.defer(() => load.close());
  closing.defer(() => sender.close());
  const photos = await makePhotos(join(folder, 'photos'), 'imagenet');
  const plan = values.short ? shortPlan : fullPlan;
  return { plan, photos, load, sender, folder, closing, say };
}

await runCommand('reliability', async (closing) => {
  const wanted = chooseParts(Object.keys(parts) as Part[], positionals);
  const machine = await describeMachine();
  const setting = await prepare(closing);
  let figures: Figures = {};
  const verdicts: Verdict[] = [];
  for (const part of wanted) {
    const [found, judged] = await parts[part](setting);
    figures = { ...figures, ...found };
    verdicts.push(...judged);
  }
  const command = ['node loadtest/src/reliability.ts', ...process.argv.slice(2)].join(' ');
  const results = { date: new Date().toISOString(), command, machine, ...figures, verdicts };
  await saveResults('reliability', results);
  say(`\n${report(results)}\n\nAll figures: data/bench/reliability.json`);
  if (verdicts.some(({ ok }) => !ok)) process.exitCode = 1;
});
