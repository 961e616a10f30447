// `make loadtest`: how much the service does for how many users and workers, and where the time goes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsOrExit } from '@synset/shared';
import { runCommand, say } from './command.ts';
import { readOptions } from './loadtest/options.ts';
import { makePlan } from './loadtest/plan.ts';
import { clock } from './loadtest/progress.ts';
import { runLoadTest } from './loadtest/run.ts';
import { openFolder } from './loadtest/write.ts';

const { options, plan } = settingsOrExit('synset loadtest', () => {
  const options = readOptions(process.argv.slice(2));
  return { options, plan: makePlan(options) };
});

await runCommand('loadtest', async (closing) => {
  const out = await openFolder(options.out, closing);
  const folder = await mkdtemp(join(tmpdir(), 'synset-loadtest-'));
  closing.defer(() => rm(folder, { recursive: true, force: true }));
  say(
    `${plan.steps} steps, about ${clock(plan.expectedMs / 1000)} minutes, at most ${clock(plan.limitMs / 1000)}; each run counts for ${plan.runMs / 1000} s`,
  );
  const report = await runLoadTest({ options, plan, folder, closing, say });
  say(`\n${await out.write(report, options.against)}`);
});
