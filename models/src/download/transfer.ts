// Brings a file from one address, going on where it was broken off, until all bytes are there.
import { ModelError } from '../error.ts';
import { readHead } from './answer.ts';
import type { Job } from './job.ts';
import { append, openPart, removePart, sizeOf } from './part.ts';
import type { Source } from './sources.ts';
import { asTrouble, Trouble } from './trouble.ts';
import { Watchdog } from './watchdog.ts';

export class Transfer {
  readonly #source: Source;
  readonly #job: Job;
  /** Of the answer that the part comes from: whether the rest still belongs to it. */
  #etag: string | null = null;
  #joined = false;

  constructor(source: Source, job: Job) {
    this.#source = source;
    this.#job = job;
  }

  /**
   * @returns whether the file is joined of several answers, which need not be of one file
   * @throws {Trouble} when this address does not bring it
   */
  async run(): Promise<{ joined: boolean }> {
    const { limits, signal } = this.#job;
    let [most, fruitless] = [await this.#have(), 0];
    for (let left = limits.attemptsInAll; ; left--) {
      const trouble = await this.#attempt();
      if (!trouble) return { joined: this.#joined };
      signal.throwIfAborted();
      const have = await this.#have();
      fruitless = have > most ? 0 : fruitless + 1;
      most = Math.max(most, have);
      if (!trouble.again || fruitless >= limits.attempts || left <= 1) throw trouble;
      await this.#waitAfter(trouble, fruitless);
    }
  }

  /** What went wrong; undefined when the file has all its bytes. */
  async #attempt(): Promise<Trouble | undefined> {
    const { part, bytes, signal } = this.#job;
    const watchdog = new Watchdog(signal);
    try {
      const have = await this.#have();
      if (have === bytes) this.#joined = true;
      else await this.#receive(have, watchdog);
      return undefined;
    } catch (error) {
      if (error instanceof ModelError) throw error;
      const trouble = asTrouble(error);
      if (trouble.anew) await removePart(part);
      return trouble;
    } finally {
      watchdog.end();
    }
  }

  async #receive(have: number, watchdog: Watchdog): Promise<void> {
    const { bytes, limits } = this.#job;
    watchdog.expect(limits.connectMs, 'no answer');
    const { href } = this.#source;
    const response = await fetch(href, { headers: this.#headers(have), signal: watchdog.signal });
    const { from, sure } = readHead(response, have, bytes, Date.now());
    const etag = response.headers.get('etag');
    this.#etag = etag?.startsWith('"') ? etag : null;
    this.#joined = from > 0;
    const done = await this.#store(response, from, watchdog);
    if (done === bytes) return;
    // Without a length it may have been whole as the server sees it: a page of a portal, say.
    const message = `broke off after ${done} of ${bytes} bytes`;
    throw new Trouble(message, { again: true, anew: !sure });
  }

  #headers(have: number): Record<string, string> {
    const { headers } = this.#source;
    if (have === 0) return headers;
    const condition = this.#etag ? { 'if-range': this.#etag } : {};
    return { ...headers, ...condition, range: `bytes=${have}-` };
  }

  async #store(response: Response, from: number, watchdog: Watchdog): Promise<number> {
    const { part, bytes, limits, report } = this.#job;
    const file = await openPart(part, from === 0);
    let done = from;
    try {
      watchdog.expect(limits.stallMs, 'no byte');
      for await (const chunk of response.body ?? []) {
        done += chunk.length;
        if (done > bytes) break;
        await append(file, part, chunk);
        report.progress(done, bytes);
        watchdog.expect(limits.stallMs, 'no byte');
      }
    } finally {
      await file.close();
    }
    if (done <= bytes) return done;
    throw new Trouble(`a file of more than ${bytes} bytes`, { again: false, anew: true });
  }

  /** Bytes to go on from; what is longer than the file can be no part of it. */
  async #have(): Promise<number> {
    const { part, bytes } = this.#job;
    const size = await sizeOf(part);
    if (size <= bytes) return size;
    await removePart(part);
    return 0;
  }

  async #waitAfter({ message, waitMs = 0 }: Trouble, fruitless: number): Promise<void> {
    const { limits, report, signal, wait } = this.#job;
    // Not all who were broken off at once shall come back at once.
    const backOff = limits.backOffMs * 2 ** Math.max(0, fruitless - 1) * (1 + Math.random());
    const ms = Math.min(Math.max(waitMs, backOff), limits.longestWaitMs);
    report.say(`${this.#source.shown}: ${message}; trying again in ${(ms / 1000).toFixed(1)} s`);
    await wait(ms, signal);
  }
}
