// What is done to the system, in an order that the seed chooses.
import { aim } from './aim.ts';
import type { Random } from './random.ts';
import type { Recoveries } from './recovery.ts';
import type { Api, Service, System } from './system.ts';

interface Strike {
  readonly system: System;
  readonly recoveries: Recoveries;
  readonly api: Api;
  readonly worker: Service;
  readonly any: Service;
  /** Milliseconds between the bounds of the kind. */
  readonly ms: number;
}

interface Kind {
  /** Bounds of its length in milliseconds, where it has one. */
  readonly ms?: readonly [number, number];
  /** Resolves when it is over. */
  readonly strike: (strike: Strike) => Promise<void> | void;
}

/** A worker's stop may outlast CLAIM_IDLE_MS (3 s), a silence the time that a command may take. */
const kinds = {
  'kill worker': { strike: ({ recoveries, worker }) => recoveries.kill(worker.process) },
  'kill Redis': { strike: ({ system }) => system.redis.end('SIGKILL') },
  'kill API': { strike: ({ api }) => endBusy(api, 'SIGKILL') },
  'stop worker': { ms: [1000, 6000], strike: ({ worker, ms }) => worker.process.halt(ms) },
  'cut connections': { strike: ({ any }) => any.line.cut() },
  'silent network': { ms: [1000, 5000], strike: ({ any, ms }) => any.line.silence(ms) },
  'stop Redis': { ms: [500, 3000], strike: ({ system, ms }) => system.redis.halt(ms) },
  'restart worker': { strike: ({ worker }) => worker.process.end('SIGTERM') },
  'stop API': { ms: [1000, 3000], strike: ({ api, ms }) => api.process.halt(ms) },
  'restart API': { strike: ({ api }) => endBusy(api, 'SIGTERM') },
  'restart Redis': { strike: ({ system }) => system.redis.end('SIGTERM') },
} as const satisfies Record<string, Kind>;

async function endBusy(api: Api, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  await aim(() => api.underWay > 0);
  api.process.end(signal);
}

export type KindName = keyof typeof kinds;

export const kindNames = Object.keys(kinds) as KindName[];

/** Workers are killed twice as often as anything else: that is what the queue is for. */
const cycle: readonly KindName[] = [...kindNames, 'kill worker'];

export interface Fault {
  readonly kind: KindName;
  /** Milliseconds since the one before. */
  readonly afterMs: number;
  /** 0..1: which of the processes. */
  readonly victim: number;
  /** 0..1: how long, between the bounds of the kind. */
  readonly length: number;
}

/** Mean time between two faults. */
export const PACE_MS = 7000;

export function planFaults(count: number, random: Random): Fault[] {
  const chosen = Array.from({ length: count }, (_, i) => cycle[i % cycle.length] as KindName);
  return random.shuffle(chosen).map((kind) => ({
    kind,
    afterMs: random.between(0.5, 1.5) * PACE_MS,
    victim: random.next(),
    length: random.next(),
  }));
}

/** Resolves when it is over, which may be later than the next one. */
export async function strike(fault: Fault, system: System, recoveries: Recoveries): Promise<void> {
  const { ms: bounds = [0, 0], strike }: Kind = kinds[fault.kind];
  const victimOf = <T>(services: readonly T[]) =>
    services[Math.floor(fault.victim * services.length)] as T;
  await strike({
    system,
    recoveries,
    api: victimOf(system.apis),
    worker: victimOf(system.workers),
    any: victimOf(system.services),
    ms: bounds[0] + fault.length * (bounds[1] - bounds[0]),
  });
}
