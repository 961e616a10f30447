// One run: a system of its own, all requests, and what is left of them.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createKeys, type Keys } from '@synset/shared';
import type { PhotoName } from '@synset/shared/testing';
import { askInCalm, untilReady } from '../chaos/calm.ts';
import { ask } from '../chaos/http.ts';
import { deadLetters, lastingKeys, leftJobs } from '../chaos/left.ts';
import { Logs } from '../chaos/logs.ts';
import { System } from '../chaos/system.ts';
import { roles, settledUsage, type Usage, usageOf } from '../chaos/usage.ts';
import { memoryOf } from '../service.ts';
import { makeBases } from './bases.ts';
import type { FuzzConfig } from './config.ts';
import { wrongAnswers } from './good-photos.ts';
import { heldBytes } from './held-bytes.ts';
import { judged } from './json.ts';
import { lookUp } from './look-up.ts';
import type { Evidence, Memory } from './run-rules.ts';
import { Sending } from './sending.ts';

export interface RunOptions {
  readonly config: FuzzConfig;
  /** For the services' logs, and all else in folders of their own. */
  readonly folder: string;
  readonly closing: AsyncDisposableStack;
  readonly say: (line: string) => void;
}

export interface Findings {
  readonly sending: Sending;
  readonly evidence: Evidence;
  readonly ms: number;
}

const PARTS = 4;
/** In a run of so many, heaps, caches and the decoder's pools have their size after the first part. */
const MEMORY_FROM = 5000;
const START_MS = 120_000;
const MS_A_REQUEST = 60;
/** Memory is looked at for so long, and counts as what was least. */
const SETTLE_MS = 3000;

const PHOTO = { 'content-type': 'image/jpeg' };

interface Stage {
  readonly system: System;
  readonly keys: Keys;
  readonly sending: Sending;
  readonly logs: Logs;
  readonly right: ReadonlyMap<PhotoName, string>;
  readonly url: string;
  readonly idle: Usage;
  readonly tempFolder: string;
}

export async function run(options: RunOptions): Promise<Findings> {
  const started = performance.now();
  const { COUNT: count, ONLY: only } = options.config;
  const stage = await setUp(options, started + START_MS + count * MS_A_REQUEST);
  const { sending, system } = stage;
  const badPhotos: string[] = [];
  const good = async () => void badPhotos.push(...(await wrongAnswers(stage.url, stage.right)));
  const part = (from: number, to: number) => Promise.all([sending.range(from, to), good()]);
  let before: number[] | undefined;
  if (only >= 0) await sending.one(only);
  else {
    const ends = Array.from({ length: PARTS }, (_, i) => Math.ceil((count * (i + 1)) / PARTS));
    options.say(`${count} requests`);
    let from = 0;
    for (const to of ends) {
      await part(from, to);
      from = to;
      const memory = count >= MEMORY_FROM ? await memoryNow(system) : [];
      before ??= memory;
      const said = [`${to} requests sent`, `${sending.findings.length} breaches`];
      options.say([...said, ...memory.map((mb) => `${mb.toFixed(0)} MB`)].join(', '));
    }
  }
  await good();
  return {
    sending,
    evidence: await gather(stage, badPhotos, before),
    ms: performance.now() - started,
  };
}

async function setUp(
  { config, folder, closing, say }: RunOptions,
  deadline: number,
): Promise<Stage> {
  say('starting Redis, the API and a worker');
  const keyPrefix = `fuzz-${randomUUID()}`;
  const [redisFolder, tempFolder] = [join(folder, 'redis'), join(folder, 'temp')];
  await Promise.all([redisFolder, tempFolder].map((path) => mkdir(path)));
  const logs = new Logs(folder);
  const system = await System.start({
    modelDir: config.MODEL_DIR,
    folder: redisFolder,
    keyPrefix,
    logs,
    closing,
    env: { TMPDIR: tempFolder },
  });
  await untilReady(system);
  const right = await askInCalm(system);
  const keys = createKeys(keyPrefix);
  const url = system.apis[0]?.url ?? '';
  const { observer: redis } = system;
  const port = Number(new URL(url).port);
  await redis.hSet(keys.predictions, judged.id, JSON.stringify(judged.prediction));
  const bases = await makeBases();
  const sending = new Sending({ seed: config.SEED, bases, port, redis, keys, deadline });
  // The decoder of each format opens what it keeps open.
  for (const { bytes } of bases) await ask(`${url}/predict`, { headers: PHOTO, body: bytes });
  return { system, keys, sending, logs, right, url, idle: await usageOf(system), tempFolder };
}

/** Of API and worker, in this order: the least of some seconds, in which garbage may be collected. */
async function memoryNow({ services }: System): Promise<number[]> {
  const looks: number[][] = [];
  for (const end = performance.now() + SETTLE_MS; performance.now() < end; await pause(200)) {
    const all = await Promise.all(services.map(({ process }) => memoryOf(process.pid)));
    looks.push(all.map(({ nowMb }) => nowMb));
  }
  return services.map((_, i) => Math.min(...looks.map((look) => look[i] ?? Number.NaN)));
}

/** Ends the services on the way. */
async function gather(
  { system, keys, sending, logs, url, idle, tempFolder }: Stage,
  badPhotos: string[],
  before: readonly number[] = [],
): Promise<Evidence> {
  const { observer, services, redis } = system;
  const left = await leftJobs(observer, keys);
  const badJobs = await lookUp(sending);
  const held = await heldBytes(Number(new URL(url).port));
  const open = openOf(idle, await settledUsage(system, idle));
  const after = before.length > 0 ? await memoryNow(system) : [];
  const processes = services.map(({ process }) => process);
  const grown: Memory[] = processes.flatMap(({ name }, i) =>
    before.length > 0 ? { process: name, fromMb: before[i] ?? 0, toMb: after[i] ?? 0 } : [],
  );
  const accidents = [...processes, redis].flatMap(({ name, accidents }) =>
    accidents.map((end) => ({ name, end })),
  );
  const exits = await Promise.all(
    processes.map(async (process) => ({ name: process.name, end: await process.close() })),
  );
  return {
    ...left,
    accidents,
    memory: grown,
    open,
    tempFiles: await readdir(tempFolder, { recursive: true }),
    badJobs,
    badPhotos,
    deadLetters: await deadLetters(observer, keys),
    lastingKeys: await lastingKeys(observer, keys),
    heldBytes: held,
    errors: logs.errors,
    exits,
  };
}

const openOf = (before: Usage, after: Usage): Evidence['open'] =>
  roles.flatMap((role) =>
    (['handles', 'connections'] as const).map((what) => ({
      what: `${what} of the ${role}`,
      before: before[what][role],
      after: after[what][role],
    })),
  );
