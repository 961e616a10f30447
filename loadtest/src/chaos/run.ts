// One run: calm, chaos, calm again, and what was found.
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createKeys } from '@synset/shared';
import { type PhotoName, photoNames, testPhoto } from '@synset/shared/testing';
import { Client } from './client.ts';
import type { ChaosConfig } from './config.ts';
import { type Fault, PACE_MS, planFaults, strike } from './faults.ts';
import { ask } from './http.ts';
import { type Breach, type Evidence, judge } from './judge.ts';
import { deadLetters, lastingKeys, leftJobs } from './left.ts';
import { Logs } from './logs.ts';
import type { Mishaps, Outcome } from './outcome.ts';
import { type PlannedRequest, planRequests } from './plan.ts';
import { Random } from './random.ts';
import { Recoveries } from './recovery.ts';
import { ReplyCount } from './replies.ts';
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
  /** For logs and Redis's data. */
  readonly folder: string;
  readonly closing: AsyncDisposableStack;
  readonly say: (line: string) => void;
}

export async function run({ config, folder, closing, say }: RunOptions): Promise<Findings> {
  const started = performance.now();
  const random = new Random(config.SEED);
  const faults = planFaults(config.KILLS, random);
  const requests = planRequests(config.JOBS, random);
  const keyPrefix = `chaos-${randomUUID()}`;
  const keys = createKeys(keyPrefix);
  const logs = new Logs(folder);
  const redisFolder = join(folder, 'redis');
  await mkdir(redisFolder);
  say('starting Redis, API instances and workers');
  const options = { modelDir: config.MODEL_DIR, folder: redisFolder, keyPrefix, logs, closing };
  const system = await System.start(options);
  const { observer } = system;
  await untilReady(system);
  const right = await askInCalm(system);
  await system.complete();
  await untilReady(system);
  const idle = await usageOf(system);
  const replies = new ReplyCount(observer, keys);
  const recoveries = new Recoveries(observer, keys);
  const client = new Client(system.apis);
  const chaosMs = faults.reduce((sum, { afterMs }) => sum + afterMs, PACE_MS);
  say(`${config.JOBS} photos and ${faults.length} faults in ${(chaosMs / 1000).toFixed(0)} s`);
  const [outcomes] = await Promise.all([
    sendAll(requests, client, chaosMs),
    strikeAll(faults, system, recoveries, say),
  ]);
  say('calm again; asking for all jobs once more');
  await untilReady(system);
  for (const outcome of outcomes)
    if (outcome.way === 'jobs' && outcome.jobId) await client.lookUp(outcome);
  const left = await leftJobs(observer, keys);
  const usage = await settledUsage(system, idle);
  await replies.close();
  const letters = await deadLetters(observer, keys);
  const exits = await Promise.all(
    system.services.map(async ({ process }) => ({
      name: process.name,
      end: await process.close(),
    })),
  );
  const evidence: Evidence = {
    outcomes,
    right,
    replies: replies.byJob,
    deadLetters: letters,
    offences: client.offences,
    accidents: [...system.services.map(({ process }) => process), system.redis].flatMap(
      ({ name, accidents }) => accidents.map((end) => ({ name, end })),
    ),
    ...left,
    lastingKeys: await lastingKeys(observer, keys),
    idle,
    usage,
    exits,
  };
  return {
    evidence,
    breaches: judge(evidence),
    mishaps: client.mishaps,
    faults,
    recoveriesMs: recoveries.ms,
    redeliveries: logs.count('job taken over'),
    suppressed: logs.count('second answer dropped'),
    ms: performance.now() - started,
  };
}

/** What each photo is, said by one worker with nothing else to do. */
async function askInCalm({ apis: [api] }: System): Promise<Map<PhotoName, string>> {
  const right = new Map<PhotoName, string>();
  for (const name of photoNames) {
    const headers = { 'content-type': 'image/jpeg', 'cache-control': 'no-cache' };
    const { body } = await ask(`${api?.url}/predict`, { headers, body: testPhoto(name) });
    right.set(name, (body as { prediction: string }).prediction);
  }
  return right;
}

/** All instances, and each sees all workers. */
async function untilReady({ apis, workers }: System): Promise<void> {
  for (const { url } of apis) {
    for (;;) {
      const answer = await ask(`${url}/readyz`).catch(() => null);
      const body = answer?.body as { workers?: number } | undefined;
      if (body?.workers === workers.length) break;
      await pause(100);
    }
  }
}

/** At a steady rate, whatever becomes of them. */
async function sendAll(
  requests: readonly PlannedRequest[],
  client: Client,
  ms: number,
): Promise<Outcome[]> {
  const started = performance.now();
  const sent: Promise<Outcome[]>[] = [];
  for (const [i, request] of requests.entries()) {
    await pause(Math.max(0, started + (i / requests.length) * ms - performance.now()));
    sent.push(client.send(request));
  }
  return (await Promise.all(sent)).flat();
}

async function strikeAll(
  faults: readonly Fault[],
  system: System,
  recoveries: Recoveries,
  say: (line: string) => void,
): Promise<void> {
  const started = performance.now();
  const struck: Promise<void>[] = [];
  for (const fault of faults) {
    await pause(fault.afterMs);
    say(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${fault.kind}`);
    struck.push(strike(fault, system, recoveries));
  }
  await Promise.all(struck);
}
