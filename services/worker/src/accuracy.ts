// `make accuracy`: measures on a folder of labelled photos how often the truth is found.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Progress } from '@synset/models/progress';
import { ConfigError } from '@synset/shared';
import { classify, type Run } from './accuracy/classify.ts';
import { compare } from './accuracy/comparison.ts';
import { type Folder, readFolder } from './accuracy/folder.ts';
import { nameOf } from './accuracy/markdown.ts';
import { writeComparison, writeRun } from './accuracy/results.ts';
import { readTable } from './accuracy/table.ts';
import { readAccuracyConfig, readConfig, readOtherConfig, type WorkerConfig } from './config.ts';

const USAGE = `usage: make accuracy PHOTOS=folder [MODEL=name|card] [LABELS=file.csv] [AGAINST=name|card|decoder=jimp] [OUT=folder]
   or: node services/worker/src/accuracy.ts folder [--labels file.csv] [--against name|card|decoder=jimp] [--out folder]`;

const print = (text: string) => void process.stdout.write(`${text}\n`);
const complain = (text: string) => void process.stderr.write(`${text}\n`);

interface Task {
  photos: string;
  labels: string | undefined;
  out: string;
  /** One run, or two to compare. */
  configs: WorkerConfig[];
}

/** Null where no folder is named. Options go before the environment. */
function readTask(): Task | null {
  const text = { type: 'string' } as const;
  const options = { labels: text, against: text, out: text };
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const { PHOTOS, LABELS, AGAINST, OUT } = readAccuracyConfig();
  const photos = positionals[0] ?? PHOTOS;
  if (!photos || positionals.length > 1) return null;
  const against = values.against ?? AGAINST;
  const configs = [readConfig(), ...(against ? [readOtherConfig(against)] : [])];
  return { photos, labels: values.labels ?? LABELS, out: values.out ?? OUT, configs };
}

const isTypedWrong = (error: unknown): error is Error =>
  error instanceof ConfigError ||
  (error instanceof Error && 'code' in error && `${error.code}`.startsWith('ERR_PARSE_ARGS'));

/** What a person typed wrong is told with how to type it right. */
function taskOrExit(): Task {
  try {
    const task = readTask();
    if (task) return task;
    complain(USAGE);
  } catch (error) {
    if (!isTypedWrong(error)) throw error;
    complain(`synset accuracy: ${error.message}\n${USAGE}`);
  }
  process.exit(2);
}

async function findPhotos({ photos, labels }: Task): Promise<Folder> {
  const table = labels ? readTable(await readFile(labels, 'utf8'), labels) : new Map();
  const folder = await readFolder(photos, table);
  if (folder.photos.length > 0) return folder;
  const { withoutTruth, noPhotos } = folder;
  throw new Error(
    `${photos} has no photo that says what it shows (${withoutTruth.length} photos do not, ${noPhotos.length} files are no photos): name photos or folders by synset or label, or give LABELS`,
  );
}

async function runOf(config: WorkerConfig, { photos }: Folder): Promise<Run> {
  const amount = (n: number) => `${Number.isInteger(n) ? n : n.toFixed(1)} photos`;
  const report = new Progress(process.stderr, 'accuracy: ', undefined, amount);
  const run = await classify(config, photos, report);
  const [first] = run.unreadable;
  if (run.answers.length > 0 || !first) return run;
  throw new Error(`none of ${photos.length} photos can be read: ${first.file}: ${first.detail}`);
}

async function measure(task: Task): Promise<void> {
  const folder = await findPhotos(task);
  const runs: Run[] = [];
  for (const config of task.configs) {
    const run = await runOf(config, folder);
    show(await writeRun(run, folder, task.out));
    runs.push(run);
  }
  const [one, other] = runs;
  if (!one || !other) return;
  if (nameOf(one) === nameOf(other)) complain('both have the same name: the files hold the second');
  show(await writeComparison([one, other], compare(one.answers, other.answers), task.out));
}

const show = ({ markdown, path }: { markdown: string; path: string }) =>
  print(`\n${markdown}\n\nAll of it: ${path}.json and .md`);

// onnxruntime-node reports usage on Linux too unless the environment of the process says no.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

const task = taskOrExit();
try {
  await measure(task);
} catch (error) {
  complain(`synset accuracy: ${error instanceof Error ? error.message : error}`);
  // Threads of a pipeline that did not start would hold the process.
  process.exit(1);
}
