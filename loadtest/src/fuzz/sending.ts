// Sends the requests of a range, some at a time, and keeps what is wrong with their answers.
import { setTimeout as pause } from 'node:timers/promises';
import type { Keys, Redis } from '@synset/shared';
import { type Breach, judgeExchange } from './answer-rules.ts';
import type { Base } from './bases.ts';
import { type Exchange, exchange } from './client.ts';
import { type FuzzRequest, requestOf } from './requests.ts';

/** Each waits for its answer before it sends the next one. */
const LANES = 12;
/** With more jobs waiting, most of what comes would be refused unread. */
const MOST_WAITING = 60;
const LOOK_MS = 20;

export interface Finding extends Breach {
  readonly request: FuzzRequest;
}

export interface SendingOptions {
  readonly seed: number;
  readonly bases: readonly Base[];
  readonly port: number;
  readonly redis: Redis;
  readonly keys: Keys;
  /** When all must be over. */
  readonly deadline: number;
}

export class Sending {
  readonly findings: Finding[] = [];
  /** Answers by status; 0 is none. */
  readonly byStatus: Record<number, number> = {};
  /** Jobs that were accepted by a 202. */
  readonly jobIds = new Set<string>();
  readonly #options: SendingOptions;

  constructor(options: SendingOptions) {
    this.#options = options;
  }

  /** Rejects when it takes too long. */
  async range(from: number, to: number): Promise<void> {
    let next = from;
    const lane = async () => {
      while (next < to) await this.one(next++);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  async one(number: number): Promise<Exchange> {
    const { seed, bases } = this.#options;
    await this.#room();
    return await this.send(requestOf(seed, number, bases));
  }

  async send(request: FuzzRequest): Promise<Exchange> {
    const found = await exchange(this.#options.port, request);
    for (const breach of judgeExchange(request, found)) this.findings.push({ ...breach, request });
    this.#count(found);
    return found;
  }

  async #room(): Promise<void> {
    const { redis, keys, deadline } = this.#options;
    while ((await redis.xLen(keys.jobs)) > MOST_WAITING && performance.now() < deadline) {
      await pause(LOOK_MS);
    }
    if (performance.now() > deadline) throw new Error('the requests took too long');
  }

  #count({ answers }: Exchange): void {
    const statuses = answers.length > 0 ? answers.map(({ status }) => status) : [0];
    for (const status of statuses) this.byStatus[status] = (this.byStatus[status] ?? 0) + 1;
    for (const { status, body } of answers) {
      if (status !== 202) continue;
      for (const [, id] of body.matchAll(/"id":"([\da-f-]{36})","status":"queued"/g)) {
        this.jobIds.add(id as string);
      }
    }
  }
}
