// The streams of those who look, and what they are sent. Asks Redis once for all of them.
import type { ServerResponse } from 'node:http';
import { Problem } from '@synset/shared';
import type { LiveFigures } from '../schemas/live.ts';

export const limits = {
  /** Between two events. */
  everyMs: 2000,
  /** Each is a connection, and some 20 kB. */
  streams: 100,
  /** Of a client that does not read, beside what the kernel holds. */
  unreadBytes: 16_384,
  /**
   * Browsers come again by themselves: to other instances too, and to one that knows which keys are
   * still valid.
   */
  ageMs: 300_000,
};

/** Pause of a browser before it comes again. */
const RETRY_MS = 1000;
/** After a refusal. */
const RETRY_AFTER_S = 30;

export class LiveBoard {
  /** Never rejects. */
  readonly #look: () => Promise<LiveFigures>;
  readonly #limits: typeof limits;
  /** Each with the time at which it ends. */
  readonly #streams = new Map<ServerResponse, number>();
  /** The last event, while there are streams. */
  #latest: string | null = null;
  #looking = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(look: () => Promise<LiveFigures>, own: Partial<typeof limits> = {}) {
    this.#look = look;
    this.#limits = { ...limits, ...own };
  }

  /** Throws where there is no place for another stream. */
  checkRoom(): void {
    if (this.#closed) {
      const detail = 'The service is shutting down; try again.';
      throw new Problem('SHUTTING_DOWN', detail, { retryAfterS: 1 });
    }
    if (this.#streams.size < this.#limits.streams) return;
    const detail = `${this.#limits.streams} streams are open at this instance, which is the limit.`;
    throw new Problem('QUEUE_FULL', detail, { retryAfterS: RETRY_AFTER_S });
  }

  /** Its headers are written. The first event follows at once. */
  add(stream: ServerResponse): void {
    this.#streams.set(stream, performance.now() + this.#limits.ageMs);
    stream.once('close', () => this.#leave(stream));
    stream.write(`retry: ${RETRY_MS}\n\n`);
    if (this.#latest !== null) stream.write(this.#latest);
    else if (!this.#looking) void this.#update();
  }

  /** Ends all streams, and takes no others. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#streams.keys()) this.#end(stream);
  }

  async #update(): Promise<void> {
    this.#looking = true;
    const event = `data: ${JSON.stringify(await this.#look())}\n\n`;
    this.#looking = false;
    if (this.#streams.size === 0) return;
    this.#latest = event;
    this.#timer = setTimeout(() => this.#update(), this.#limits.everyMs);
    for (const [stream, endsAt] of this.#streams) {
      if (performance.now() > endsAt) this.#end(stream);
      else if (stream.writableLength > this.#limits.unreadBytes) stream.destroy();
      else stream.write(event);
    }
  }

  /** A client that does not read would hold its end up. */
  #end(stream: ServerResponse): void {
    if (stream.writableLength > 0) stream.destroy();
    else stream.end();
    this.#leave(stream);
  }

  #leave(stream: ServerResponse): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    clearTimeout(this.#timer);
    this.#latest = null;
  }
}
