// One run: calm, storm, calm again, and what was found.
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createKeys, type Keys } from '@synset/shared';
import { askInCalm, untilReady } from './calm.ts';
import { Client } from './client.ts';
import type { ChaosConfig } from './config.ts';
import { type Fault, planFaults } from './faults.ts';
import { type Breach, type Evidence, judge } from './judge.ts';
import { deadLetters, lastingKeys, leftJobs } from './left.ts';
import { Logs } from './logs.ts';
import type { Mishaps } from './outcome.ts';
import { planRequests } from './plan.ts';
import { Random } from './random.ts';
import { Recoveries } from './recovery.ts';
import { ReplyCount } from './replies.ts';
import { storm } from './storm.ts';
import { System } from './system.ts';
import { settledUsage, usageOf } from './usage.ts';

export interface Findings {
  readonly evidence: Evidence;
  readonly breaches: readonly Breach[];
  readonly mishaps: Mishaps;
  readonly faults: readonly Fault[];
  readonly recoveriesMs: readonly number[];
  readonly redeliveries: number;
  readonly suppressed: number;
  readonly ms: number;
}

export interface RunOptions {
  readonly config: ChaosConfig;
  /** For the services' logs, and Redis's data in a folder `redis`. */
  readonly folder: string;
  readonly closing: AsyncDisposableStack;
  readonly say: (line: string) => void;
}

export async function run(options: RunOptions): Promise<Findings> {
  const started = performance.now();
  const { config, folder, say } = options;
  const random = new Random(config.SEED);
  const faults = planFaults(config.KILLS, random);
  const requests = planRequests(config.JOBS, random);
  const logs = new Logs(folder);
  const { system, keys, ...before } = await setUp(options, logs);
  const replies = new ReplyCount(system.observer, keys);
  const recoveries = new Recoveries(system.observer, keys);
  const client = new Client(system.apis);
  const outcomes = await storm({ requests, faults, system, client, recoveries, say });
  say('calm again; asking for all jobs once more');
  await untilReady(system);
  for (const outcome of outcomes) if (outcome.way === 'jobs') await client.lookUp(outcome);
  const { offences, mishaps } = client;
  const after = await gather(system, keys, replies, before.idle);
  const evidence = { outcomes, offences, ...before, ...after };
  return {
    evidence,
    breaches: judge(evidence),
    mishaps,
    faults,
    recoveriesMs: recoveries.ms,
    redeliveries: logs.count('job taken over'),
    suppressed: logs.count('second answer dropped'),
    ms: performance.now() - started,
  };
}

async function setUp({ config, folder, closing, say }: RunOptions, logs: Logs) {
  say('starting Redis, API instances and workers');
  const keyPrefix = `chaos-${randomUUID()}`;
  const redisFolder = join(folder, 'redis');
  await mkdir(redisFolder);
  const { MODEL_DIR: modelDir } = config;
  const system = await System.start({ modelDir, folder: redisFolder, keyPrefix, logs, closing });
  await untilReady(system);
  const right = await askInCalm(system);
  await system.complete();
  await untilReady(system);
  return { system, keys: createKeys(keyPrefix), right, idle: await usageOf(system) };
}

/** Ends the services on the way. */
async function gather(system: System, keys: Keys, replies: ReplyCount, idle: Evidence['idle']) {
  const { observer, services, redis } = system;
  const left = await leftJobs(observer, keys);
  const usage = await settledUsage(system, idle);
  const processes = services.map(({ process }) => process);
  const exits = await Promise.all(
    processes.map(async (process) => ({ name: process.name, end: await process.close() })),
  );
  await replies.close();
  return {
    ...left,
    usage,
    exits,
    replies: replies.byJob,
    deadLetters: await deadLetters(observer, keys),
    lastingKeys: await lastingKeys(observer, keys),
    accidents: [...processes, redis].flatMap(({ name, accidents }) =>
      accidents.map((end) => ({ name, end })),
    ),
  };
}
