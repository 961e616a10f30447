// `make chaos`: kills, stops and cuts off everything while photos come in, and sees that each is answered.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsOrExit } from '@synset/shared';
import { readConfig } from './chaos/config.ts';
import { run } from './chaos/run.ts';
import { tableOf } from './chaos/table.ts';

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

process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);

const config = settingsOrExit('synset chaos', readConfig);
const folder = await mkdtemp(join(tmpdir(), 'synset-chaos-'));
let done = join(folder, 'redis'); // what is removed at the end: not the logs of a run that failed
closing.defer(() => rm(done, { recursive: true, force: true }));
const command = `make chaos SEED=${config.SEED} JOBS=${config.JOBS} KILLS=${config.KILLS}`;
say(`${command}   repeats this run`);
try {
  const findings = await run({ config, folder, closing, say });
  const { breaches } = findings;
  say(`\n${command}\n\n${tableOf(findings)}\n`);
  for (const { rule, detail } of breaches) say(`BREACH ${rule}: ${detail}`);
  if (breaches.length > 0) {
    say(`The services' logs: ${folder}`);
    process.exitCode = 1;
  } else done = folder;
} catch (error) {
  // What Ctrl-C cut short is no error.
  if (!stopping) {
    process.stderr.write(`synset chaos: ${error instanceof Error ? error.stack : error}\n`);
    process.exitCode = 1;
  }
}
if (!stopping) await closing.disposeAsync();
