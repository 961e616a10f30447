// Photos and faults at the same time, each at its own pace.
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from './client.ts';
import { type Fault, PACE_MS, strike } from './faults.ts';
import type { Outcome } from './outcome.ts';
import type { PlannedRequest } from './plan.ts';
import type { Recoveries } from './recovery.ts';
import type { System } from './system.ts';

export interface Storm {
  readonly requests: readonly PlannedRequest[];
  readonly faults: readonly Fault[];
  readonly system: System;
  readonly client: Client;
  readonly recoveries: Recoveries;
  readonly say: (line: string) => void;
}

/** Resolves when all is over and all photos have their answers, or have not got them in time. */
export async function storm(storm: Storm): Promise<Outcome[]> {
  const ms = storm.faults.reduce((sum, { afterMs }) => sum + afterMs, PACE_MS);
  const photos = storm.requests.reduce((sum, request) => sum + request.photos.length, 0);
  storm.say(`${photos} photos and ${storm.faults.length} faults in ${(ms / 1000).toFixed(0)} s`);
  const [outcomes] = await Promise.all([sendAll(storm, ms), strikeAll(storm)]);
  return outcomes;
}

/** At a steady rate, whatever becomes of them. */
async function sendAll({ requests, client }: Storm, ms: number): Promise<Outcome[]> {
  const started = performance.now();
  const sent: Promise<Outcome[]>[] = [];
  for (const [i, request] of requests.entries()) {
    await pause(Math.max(0, started + (i / requests.length) * ms - performance.now()));
    sent.push(client.send(request));
  }
  return (await Promise.all(sent)).flat();
}

async function strikeAll({ faults, system, recoveries, say }: Storm): Promise<void> {
  const started = performance.now();
  const struck: Promise<void>[] = [];
  for (const fault of faults) {
    await pause(fault.afterMs);
    say(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${fault.kind}`);
    struck.push(strike(fault, system, recoveries));
  }
  await Promise.all(struck);
}
