// The system as `make run` starts it, but with WORKERS paced workers (worker/test/paced-worker.ts):
// `make bench` measures by it what everything but decoding and inference costs.
import { settingsOrExit } from '@synset/shared';
import { readPlan } from '../src/config.ts';
import { startService, stopProcess, untilReady } from '../src/process.ts';
import { startRedisServer } from '../src/redis-server.ts';
import { redisFolder } from '../src/redis-url.ts';

const API = new URL('../../api/src/server.ts', import.meta.url);
const WORKER = new URL('../../worker/test/paced-worker.ts', import.meta.url);
const STOP_DEADLINE_MS = 25_000;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const { config, env } = settingsOrExit('paced system', readPlan);
const closing = new AsyncDisposableStack();
let ending: Promise<void> | undefined;

async function end(): Promise<void> {
  ending ??= closing.disposeAsync();
  await ending;
  process.exit();
}

async function start(script: URL, name: string, redisUrl: string): Promise<void> {
  const child = startService(script, { ...env, REDIS_URL: redisUrl });
  closing.defer(() => stopProcess(child, STOP_DEADLINE_MS));
  await untilReady(child, name);
}

process.on('SIGTERM', end);
process.on('SIGINT', end);
// The program that started this one has gone.
process.once('disconnect', end);
const redis = await startRedisServer(redisFolder(config), env.PATH ?? '', say);
closing.defer(() => redis.close());
// The API last: it is ended first, since the workers answer what it waits for.
for (let i = 1; i <= config.WORKERS; i++) await start(WORKER, `worker ${i}`, redis.url);
await start(API, 'the API', redis.url);
say('Ctrl-C ends it');
