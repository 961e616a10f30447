// What a failure of Redis is to the client.
import { describeError, Problem } from '@synset/shared';

const RETRY_AFTER_S = 2;

/** For `.catch()`: rejects with QUEUE_UNAVAILABLE, or QUEUE_FULL where Redis's memory is full. */
export function unavailable(error: unknown): never {
  if (error instanceof Problem) throw error;
  const options = { retryAfterS: RETRY_AFTER_S, cause: error };
  if (describeError(error).startsWith('OOM')) {
    const detail = 'The queue has no memory left for another photo.';
    throw new Problem('QUEUE_FULL', detail, { ...options, reason: 'memory' });
  }
  throw new Problem('QUEUE_UNAVAILABLE', 'The queue cannot be reached at the moment.', options);
}

export const noRedis = () =>
  new Problem('QUEUE_UNAVAILABLE', 'Redis cannot be reached.', { retryAfterS: RETRY_AFTER_S });

export const noWorker = () =>
  new Problem('QUEUE_UNAVAILABLE', 'No worker is ready.', {
    retryAfterS: RETRY_AFTER_S,
    reason: 'no_worker',
  });
