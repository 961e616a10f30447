// A connection for a command: the person at the terminal waits seconds for it, not for ever.
import { createLogger, createRedis, describeError, type Redis } from '@synset/shared';

const LIMIT_MS = 3000;

/** Rejects at the first error, where a service would try again. The password is not in the message. */
export async function connectInTime(url: string, name: string): Promise<Redis> {
  const redis = createRedis({ url, name: `synset-${name}`, log: createLogger(name, 'silent') });
  const { promise: failed, reject } = Promise.withResolvers<never>();
  redis.once('error', reject);
  const timer = setTimeout(() => reject(new Error(`no answer within ${LIMIT_MS} ms`)), LIMIT_MS);
  try {
    await Promise.race([redis.connect(), failed]);
    return redis;
  } catch (error) {
    redis.destroy();
    throw new Error(`cannot reach Redis at ${new URL(url).host}: ${describeError(error)}`);
  } finally {
    clearTimeout(timer);
  }
}
