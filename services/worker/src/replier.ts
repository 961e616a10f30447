// Sends a reply and finishes its job in one transaction, so that neither happens without the other.
import {
  describeError,
  encodeReply,
  GROUP,
  type Keys,
  type Redis,
  type Reply,
} from '@synset/shared';

/** A reply stream nobody reads any more goes away by itself. */
const REPLY_TTL_S = 60;
/** More replies than an API instance can have waiters. */
const REPLY_STREAM_LENGTH = 10_000;

export class Replier {
  readonly #redis: Redis;
  readonly #keys: Keys;

  constructor(redis: Redis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  async reply(entryId: string, replyTo: string, reply: Reply): Promise<void> {
    try {
      await this.#send(entryId, replyTo, reply);
    } catch (error) {
      if (!describeError(error).includes('OOM')) throw error;
      // A full Redis refuses the reply, and with it the whole transaction. Deleting the job is
      // never refused, and may make the room that the reply needs.
      await this.drop(entryId);
      await this.#send(entryId, replyTo, reply);
    }
  }

  async #send(entryId: string, replyTo: string, reply: Reply): Promise<void> {
    const { jobs } = this.#keys;
    await this.#redis
      .multi()
      // XACK alone would leave the entry, and its photo, in the stream for ever.
      .xAck(jobs, GROUP, entryId)
      .xDel(jobs, entryId)
      .xAdd(replyTo, '*', encodeReply(reply), {
        TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: REPLY_STREAM_LENGTH },
      })
      .expire(replyTo, REPLY_TTL_S)
      .exec();
  }

  /**
   * Finishes a job that nobody waits for. Not as a transaction, in which a full Redis refuses even
   * deletions; deleted first, so that what a crash leaves over is no more than a pending number.
   */
  async drop(entryId: string): Promise<void> {
    const { jobs } = this.#keys;
    await Promise.all([this.#redis.xDel(jobs, entryId), this.#redis.xAck(jobs, GROUP, entryId)]);
  }
}
