// A transport without Redis: a function of the test's plays the workers.
import { Problem, type Reply } from '@synset/shared';
import type { NewJob, Transport } from '../src/transport.ts';

export type Answerer = (job: NewJob, reply: (reply: Reply) => void) => void;

export class MemoryTransport implements Transport {
  readonly #answer: Answerer;
  #onReply: (reply: Reply) => void = () => {};
  readonly withdrawn: string[] = [];
  connected = false;

  constructor(answer: Answerer) {
    this.#answer = answer;
  }

  /** A reply at the test's own time. */
  reply(reply: Reply): void {
    this.#onReply(reply);
  }

  start(onReply: (reply: Reply) => void): void {
    this.#onReply = onReply;
    this.connected = true;
  }

  async publish(job: NewJob): Promise<null> {
    if (!this.connected) throw new Problem('QUEUE_UNAVAILABLE', 'The queue cannot be reached.');
    this.#answer(job, this.#onReply);
    return null;
  }

  async withdraw(jobId: string): Promise<void> {
    this.withdrawn.push(jobId);
  }

  async close(): Promise<void> {
    this.connected = false;
  }
}
