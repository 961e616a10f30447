// Kills workers that have jobs under way, and measures how long these then take to be done.
import { setTimeout as pause } from 'node:timers/promises';
import { GROUP, type Keys, type Redis } from '@synset/shared';
import { aim } from './aim.ts';
import type { Supervised } from './supervised.ts';

/** Longest time a recovery is watched. */
const WATCH_MS = 60_000;

export class Recoveries {
  /** Milliseconds from a kill until the last job of the dead was done, or handed to nobody. */
  readonly ms: number[] = [];
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** Resolves when the jobs of the dead are done. */
  async kill(worker: Supervised): Promise<void> {
    await aim(async () => (await this.#pending(worker.name)).length > 0);
    worker.end('SIGKILL');
    const killed = performance.now();
    const orphans = await this.#pending(worker.name);
    if (orphans.length === 0) return;
    while (await this.#anyPending(orphans)) {
      if (performance.now() - killed > WATCH_MS) break;
      await pause(20);
    }
    this.ms.push(performance.now() - killed);
  }

  /** None while Redis is down. */
  async #pending(consumer: string): Promise<string[]> {
    const asked = this.#redis.xPendingRange(this.#keys.jobs, GROUP, '-', '+', 100, { consumer });
    return await asked.then(
      (entries) => entries.map(({ id }) => id),
      () => [],
    );
  }

  async #anyPending(ids: readonly string[]): Promise<boolean> {
    const [first = '-'] = ids;
    const last = ids.at(-1) ?? '+';
    const asked = this.#redis.xPendingRange(this.#keys.jobs, GROUP, first, last, 1000);
    return await asked.then(
      (entries) => entries.some(({ id }) => ids.includes(id)),
      () => true, // Redis is down
    );
  }
}
