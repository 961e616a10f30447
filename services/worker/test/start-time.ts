// How long a worker takes from its start until it is ready, and how much memory, with the model still
// to be prepared and prepared: node services/worker/test/start-time.ts [MODEL ...]
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@synset/models';
import { randomPrefix, runProgram, startTestRedis } from '@synset/shared/testing';

const MAIN = new URL('../src/main.ts', import.meta.url);
const asked = process.argv.slice(2);
const models = asked.length > 0 ? asked : ['testcard', 'testcard-int8', 'testcard-qop'];
const print = (text: string): boolean => process.stdout.write(`${text}\n`);

async function memory(pid: number | undefined, field: string): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN);
  return (kilobytes / 1024).toFixed(0);
}

async function start(redisUrl: string, model: string, folder: string): Promise<string> {
  const started = performance.now();
  const worker = runProgram(MAIN, {
    REDIS_URL: redisUrl,
    KEY_PREFIX: randomPrefix(),
    MODEL: model,
    MODEL_DIR: folder,
  });
  await worker.printed('"ready"');
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  const { pid } = worker.process;
  const [peak, now] = await Promise.all([memory(pid, 'VmHWM'), memory(pid, 'VmRSS')]);
  worker.process.kill('SIGTERM');
  await worker.exit;
  return `${seconds} s | ${peak} | ${now}`;
}

const folder = await mkdtemp(join(tmpdir(), 'synset-start-'));
const redis = await startTestRedis();
print('| model | start | ready after | peak MB | MB when ready |');
print('| --- | --- | --- | --- | --- |');
for (const model of models) {
  // A test card is made beforehand, as a download would be there.
  await loadModel(model, folder);
  await rm(join(folder, 'prepared'), { recursive: true });
  for (const title of ['first, prepares', 'second', 'third']) {
    print(`| ${model} | ${title} | ${await start(redis.url, model, folder)} |`);
  }
}
await redis.stop();
await rm(folder, { recursive: true });
