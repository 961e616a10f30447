// `make run`: starts the whole system on this machine and ends it on Ctrl-C.
import { settingsOrExit } from '@synset/shared';
import { type Plan, readPlan } from './config.ts';
import { killServices } from './process.ts';
import { StartError } from './start-error.ts';
import { System, type SystemInfo } from './system.ts';

const say = (line: string) => void process.stdout.write(`synset: ${line}\n`);
const complain = (line: string) => void process.stderr.write(`synset: ${line}\n`);

function welcome({ HOST, PORT }: Plan['config'], { model }: SystemInfo): void {
  const host = HOST === '127.0.0.1' || HOST === '0.0.0.0' ? 'localhost' : HOST;
  const url = `http://${host}:${PORT}`;
  if (model.startsWith('testcard')) {
    say('');
    say('  WARNING: this is the test card, not a trained model. It tells the colour of a photo,');
    say('  not what is on it. For trained weights see README, "The model".');
  }
  say('');
  say(`  page   ${url}/`);
  say(`  curl   curl -F file=@photo.jpg ${url}/predict`);
  say('  stop   Ctrl-C');
  say('');
}

const plan = settingsOrExit('synset', readPlan);
const system = new System(plan, say);
let stopping = false;

async function stop(exitCode: number): Promise<never> {
  stopping = true;
  await system.close();
  say('stopped');
  process.exit(exitCode);
}

function onSignal(): void {
  if (stopping) {
    killServices();
    return;
  }
  say('stopping: answering what is under way (once more: stop at once)');
  void stop(0);
}

process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
process.on('SIGHUP', onSignal);
// The program that started this one, as a load test does, has gone.
process.once('disconnect', () => stop(0));

try {
  const info = await system.start();
  if (!stopping) welcome(plan.config, info);
  const reason = await info.broken;
  if (!stopping) {
    complain(`${reason} unexpectedly`);
    await stop(1);
  }
} catch (error) {
  // A part that was just starting when Ctrl-C came has ended too: that is no error.
  if (!stopping) {
    complain(error instanceof StartError ? error.message : String(error));
    await stop(1);
  }
}
