// What each command of the command line does.
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { catalogue, isTestCard } from './card.ts';
import { defaultModelName } from './cpu.ts';
import { megabytes, Progress } from './download/progress.ts';
import { useProxies } from './download/proxy.ts';
import { ModelError } from './error.ts';
import { fetchModel } from './fetch.ts';
import { inspectModel } from './inspect.ts';
import { isPresent, loadModel } from './load.ts';
import { readModel, writeCardOf } from './new-card.ts';
import type { Settings } from './settings.ts';
import { presentModels, verifyModel } from './verify.ts';

export interface Context {
  settings: Settings;
  print: (line: string) => void;
}

export interface Command {
  /** How the usage shows its argument. */
  argument: '' | '[NAME|CARD]' | 'FILE';
  help: string;
  run(context: Context, argument: string | undefined): Promise<void>;
}

const meant = ({ model }: Settings): string => model ?? defaultModelName();

async function list({ settings, print }: Context): Promise<void> {
  print(row(['name', 'trained', 'size', 'present', 'top-1']));
  for (const { name, trained, bytes, top1 } of catalogue) {
    const there = (await isPresent(name, settings.modelDir)) ? 'yes' : 'no';
    const present = isTestCard(name) ? 'made' : there;
    const size = bytes === undefined ? '-' : megabytes(bytes);
    const mark = name === defaultModelName() ? ' (default)' : '';
    const accuracy = top1 === undefined ? '-' : `${top1} %`;
    print(row([name, trained ? 'yes' : 'no', size, present, accuracy]) + mark);
  }
}

function row([name = '', ...cells]: string[]): string {
  return name.padEnd(22) + cells.map((cell) => cell.padEnd(10)).join('');
}

async function fetch({ settings, print }: Context, argument?: string): Promise<void> {
  const { mirror, modelDir, env } = settings;
  const model = argument ?? meant(settings);
  useProxies(env);
  const report = new Progress(process.stderr, '');
  try {
    const options = { mirror, report, signal: interrupted() };
    const done = await fetchModel(model, modelDir, options);
    report.end();
    const what = done?.fetched ? 'fetched, sha256 as expected' : 'there already, and right';
    print(done ? `${done.path}: ${what}` : `${model}: nothing to fetch`);
  } finally {
    report.end();
  }
}

/** So that what was downloaded is whole up to its end when someone presses Ctrl-C. */
function interrupted(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => stop.abort());
  }
  return stop.signal;
}

async function verify({ settings, print }: Context, model?: string): Promise<void> {
  const models = model ? [model] : await presentModels(settings.modelDir);
  if (models.length === 0) {
    throw new ModelError(`no downloaded model in ${settings.modelDir}: fetch one first`);
  }
  // All are looked at, whatever is found.
  const results = await Promise.allSettled(models.map((m) => verifyModel(m, settings.modelDir)));
  for (const result of results) if (result.status === 'fulfilled') print(result.value);
  const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (failed.length === 0) return;
  const unexpected = failed.find((reason) => !(reason instanceof ModelError));
  throw unexpected ?? new ModelError(failed.map(({ message }) => message).join('; '));
}

async function prepare({ settings, print }: Context, model?: string): Promise<void> {
  const { card, path } = await loadModel(model ?? meant(settings), settings.modelDir);
  print(`${card.name}: prepared as ${path}, ${megabytes((await stat(path)).size)}`);
}

async function inspect({ print }: Context, file = ''): Promise<void> {
  const pairs = inspectModel(await readModel(file), basename(file));
  for (const [name, value] of pairs) print(`${name.padEnd(12)}${value}`);
}

async function card({ print }: Context, file = ''): Promise<void> {
  const path = await writeCardOf(file);
  print(
    `${path}: written. Check "normalization": it is ImageNet's, the file does not say its own.`,
  );
  print(`Serve it: make run MODEL=${path}`);
}

export const commands = new Map<string, Command>([
  ['list', { argument: '', help: 'the models of the catalogue', run: list }],
  ['fetch', { argument: '[NAME|CARD]', help: 'download a model, or go on with it', run: fetch }],
  ['verify', { argument: '[NAME|CARD]', help: 'compare files with their checksums', run: verify }],
  ['prepare', { argument: '[NAME|CARD]', help: 'make what a worker loads', run: prepare }],
  ['inspect', { argument: 'FILE', help: 'say what is in an ONNX file', run: inspect }],
  ['card', { argument: 'FILE', help: 'write the model card of your own export', run: card }],
]);
