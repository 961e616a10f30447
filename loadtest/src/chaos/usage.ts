// What the services hold open: file handles of each process, connections of each kind to Redis.
import { readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { System } from './system.ts';

/** By kind of service. */
export interface Usage {
  /** The most that one process has open. */
  readonly handles: Record<Role, number>;
  /** Of all together. */
  readonly connections: Record<Role, number>;
}

export const roles = ['api', 'worker'] as const;
export type Role = (typeof roles)[number];

const DEADLINE_MS = 10_000;

export async function usageOf({ observer, apis, workers }: System): Promise<Usage> {
  const clients = await observer.clientList();
  const connections = (role: Role) =>
    clients.filter(({ name }) => name?.startsWith(`synset-${role}`)).length;
  const handles = async (services: System['services']) =>
    Math.max(...(await Promise.all(services.map(({ process }) => handlesOf(process.pid)))));
  return {
    handles: { api: await handles(apis), worker: await handles(workers) },
    connections: { api: connections('api'), worker: connections('worker') },
  };
}

/** As soon as no more is open than was at first, or what it is after a while. */
export async function settledUsage(system: System, idle: Usage): Promise<Usage> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const usage = await usageOf(system);
    if (!isMore(usage, idle) || performance.now() > deadline) return usage;
    await pause(100);
  }
}

const isMore = (now: Usage, idle: Usage) =>
  roles.some(
    (role) =>
      now.handles[role] > idle.handles[role] || now.connections[role] > idle.connections[role],
  );

export const handlesOf = async (pid: number) => (await readdir(`/proc/${pid}/fd`)).length;
