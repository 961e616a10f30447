// What a photo costs without decoding and inference: CPU time of API, Redis and worker.
import { cpuMsOf } from '../cpu.ts';
import { type Load, putLoad } from '../load.ts';
import type { Service } from '../service.ts';
import { type Estimate, estimate, median, perSecond } from '../statistics.ts';
import type { Context } from './context.ts';
import { paced } from './paced.ts';

const CONNECTIONS = 8;
/** Until then V8 still compiles: the API takes half as much again in the first seconds. */
const WARM_UP_ROUNDS = 10;

/** Milliseconds of CPU. */
interface Cpu {
  readonly api: number;
  readonly redis: number;
  readonly worker: number;
}

export interface Machinery {
  /** Milliseconds a photo, all together. */
  readonly cpuMs: Estimate;
  /** A photo, medians. */
  readonly cpu: Cpu;
  readonly perSecond: number;
}

interface Round {
  readonly cpu: Cpu;
  readonly perSecond: number;
}

export interface Terms {
  readonly photos: readonly string[];
  readonly rounds: number;
  /** Milliseconds of one round. */
  readonly ms: number;
}

export async function measureMachinery(context: Context): Promise<Machinery> {
  const { plan, load, say } = context.options;
  say('machinery: a worker that answers at once');
  const photos = await context.photosOf('imagenet');
  const terms = { photos, rounds: plan.rounds, ms: plan.turnMs };
  return await context.withService(paced(0), (service) => machineryOf(service, load, terms));
}

/** Of a service with one worker. */
export async function machineryOf(service: Service, load: Load, terms: Terms): Promise<Machinery> {
  await measure(service, load, { ...terms, ms: WARM_UP_ROUNDS * terms.ms });
  const rounds: Round[] = [];
  for (let i = 0; i < terms.rounds; i++) rounds.push(await measure(service, load, terms));
  return {
    cpuMs: estimate(rounds.map(({ cpu }) => cpu.api + cpu.redis + cpu.worker)),
    cpu: eachOf((name) => median(rounds.map(({ cpu }) => cpu[name]))),
    perSecond: median(rounds.map((round) => round.perSecond)),
  };
}

async function measure(
  service: Service,
  load: Load,
  { photos, ms }: Omit<Terms, 'rounds'>,
): Promise<Round> {
  const before = await cpuOf(service);
  const result = await putLoad(load, { url: service.url, photos, connections: CONNECTIONS, ms });
  const after = await cpuOf(service);
  // The first answer counts as well. What was cut off at the end has cost something and does not.
  const answers = result.count + 1;
  const cpu = eachOf((name) => (after[name] - before[name]) / answers);
  return { cpu, perSecond: perSecond(result) };
}

/** Milliseconds of CPU of a photo in a round, all processes together. */
export async function cpuAPhoto(
  service: Service,
  load: Load,
  terms: Omit<Terms, 'rounds'>,
): Promise<number> {
  const { cpu } = await measure(service, load, terms);
  return cpu.api + cpu.redis + cpu.worker;
}

async function cpuOf(service: Service): Promise<Cpu> {
  const { api, redis, workers } = await service.processes();
  const [worker = 0] = workers;
  return {
    api: await cpuMsOf(api),
    redis: await cpuMsOf(redis),
    worker: await cpuMsOf(worker),
  };
}

const eachOf = (figure: (name: keyof Cpu) => number): Cpu => ({
  api: figure('api'),
  redis: figure('redis'),
  worker: figure('worker'),
});
