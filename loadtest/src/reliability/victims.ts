// Kills a worker while it holds a photo, and tells when it is back.
import { readFile } from 'node:fs/promises';
import { createKeys, GROUP, inTime, liveWorkers, type Redis } from '@synset/shared';
import type { Service } from '../service.ts';
import { now } from './sent.ts';

const DEADLINE_MS = 20_000;

/** The service is started with the prefix that is the default. */
const keys = createKeys('synset');

export class Victims {
  readonly #service: Service;
  readonly #redis: Redis;

  constructor(service: Service, redis: Redis) {
    this.#service = service;
    this.#redis = redis;
  }

  /** Names of the workers, in order. */
  async names(): Promise<string[]> {
    const { workers } = await this.#service.processes();
    return (await Promise.all(workers.map(nameOf))).sort();
  }

  /** When it was killed; null when it had just finished what it held: then nothing is measured. */
  async kill(name: string): Promise<number | null> {
    const { workers } = await this.#service.processes();
    const named = await Promise.all(workers.map(nameOf));
    const pid = workers[named.indexOf(name)];
    if (pid === undefined) throw new Error(`there is no worker ${name}`);
    await until(`photo for ${name}`, async () => (await this.#held(name)) > 0);
    process.kill(pid, 'SIGKILL');
    const killedAt = now();
    return (await this.#held(name)) > 0 ? killedAt : null;
  }

  /** Waits until the worker has announced itself anew. */
  async back(name: string, killedAt: number): Promise<void> {
    await until(`new worker ${name}`, async () => {
      const workers = await liveWorkers(this.#redis, keys);
      return workers.some((worker) => worker.name === name && worker.lastSeen > killedAt);
    });
  }

  async #held(name: string): Promise<number> {
    const consumers = await inTime(this.#redis, this.#redis.xInfoConsumers(keys.jobs, GROUP));
    return consumers.find((consumer) => consumer.name === name)?.pending ?? 0;
  }
}

async function nameOf(pid: number): Promise<string> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
  return /(?:^|\0)WORKER_NAME=([^\0]*)/.exec(environment)?.[1] ?? '';
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  for (const deadline = now() + DEADLINE_MS; !(await isTrue()); ) {
    if (now() > deadline) throw new Error(`no ${what} within ${DEADLINE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
