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
  await rm(folder, { recursive: true, force: true });
  process.exit(130);
}

/** True when all promises were kept. */
async function chaos(): Promise<boolean> {
  const command = `make chaos SEED=${config.SEED} JOBS=${config.JOBS} KILLS=${config.KILLS}`;
  say(`${command}   repeats this run`);
  const findings = await run({ config, folder, closing, say });
  say(`\n${command}\n\n${tableOf(findings)}\n`);
  for (const { rule, detail } of findings.breaches) say(`BREACH ${rule}: ${detail}`);
  return findings.breaches.length === 0;
}

const config = settingsOrExit('synset chaos', readConfig);
const folder = await mkdtemp(join(tmpdir(), 'synset-chaos-'));
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
let kept = false;
try {
  kept = await chaos();
} catch (error) {
  // What a signal cut short is no error.
  if (!stopping)
    process.stderr.write(`synset chaos: ${error instanceof Error ? error.stack : error}\n`);
}
if (!stopping) {
  await closing.disposeAsync();
  await rm(kept ? folder : join(folder, 'redis'), { recursive: true, force: true });
  if (!kept) say(`The services' logs: ${folder}`);
  process.exitCode = kept ? 0 : 1;
}
