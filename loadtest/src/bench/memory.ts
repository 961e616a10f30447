// Resident memory: of a worker by its sessions, and of the API under heavy uploads.

import { putLoad } from '../load.ts';
import { makeHeavyPhoto } from '../photos.ts';
import type { Role } from '../service.ts';
import type { Context } from './context.ts';
import type { MemoryFigure, Model } from './results.ts';

interface Case {
  readonly what: string;
  /** Whose memory is looked at. */
  readonly role: Role;
  readonly model: Model;
  readonly sessions: number;
}

const int8 = 'testcard-int8';

const workers: readonly Case[] = [
  { what: 'worker, int8, 1 session', role: 'worker', model: int8, sessions: 1 },
  { what: 'worker, int8, 2 sessions', role: 'worker', model: int8, sessions: 2 },
  { what: 'worker, fp32, 1 session', role: 'worker', model: 'testcard', sessions: 1 },
];

const uploads: Case = {
  what: 'API, 32 connections posting 5 MB',
  role: 'api',
  model: int8,
  sessions: 2,
};

export async function measureMemory(context: Context): Promise<MemoryFigure[]> {
  const { plan, folder } = context.options;
  const figures: MemoryFigure[] = [];
  const usual = { photos: await context.photosOf('imagenet'), connections: 8, ms: plan.memoryMs };
  for (const worker of workers) figures.push(await measure(context, worker, usual));
  const heavy = { photos: await makeHeavyPhoto(folder), connections: 32, ms: plan.uploadMs };
  figures.push(await measure(context, uploads, heavy));
  return figures;
}

async function measure(
  context: Context,
  { what, role, model, sessions }: Case,
  round: { photos: readonly string[]; connections: number; ms: number },
): Promise<MemoryFigure> {
  const { cores, load, say } = context.options;
  say(`memory: ${what}`);
  const threads = Math.max(1, Math.floor(cores / sessions));
  return await context.withService({ model, sessions, threads }, async (service) => {
    await putLoad(load, { ...round, url: service.url });
    const memory = await service.memory();
    return { role, what, model, sessions, memory: memory[role] };
  });
}
