// Bounds how long an upload may hold what it has reserved: it waits not for ever, and must flow.
import { type Budget, Problem } from '@synset/shared';

/** A client slower than this holds bytes that others wait for: seven of them stopped all uploads. */
const MIN_BYTES_PER_S = 10_000;
const CHECK_EVERY_MS = 5000;

/** Reserves bytes, waiting for them at most `timeoutMs`. */
export async function reserveInTime(
  budget: Budget,
  bytes: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<() => void> {
  // Nearly always: what the waiting needs costs more than all the rest of a small upload.
  const free = budget.tryReserve(bytes);
  if (free) return free;
  const late = new AbortController();
  const detail = `Other uploads hold all bytes that may be in flight, for ${timeoutMs} ms now.`;
  const timer = setTimeout(
    () => late.abort(new Problem('QUEUE_FULL', detail, { retryAfterS: 5 })),
    timeoutMs,
  );
  try {
    return await budget.reserve(bytes, AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects with REQUEST_TIMEOUT when `reading` flows more slowly than the least rate. */
export async function keepPace(reading: Promise<void>, received: () => number): Promise<void> {
  const { promise: tooSlow, reject } = Promise.withResolvers<never>();
  let before = 0;
  const timer = setInterval(() => {
    const now = received();
    if (now - before < (MIN_BYTES_PER_S * CHECK_EVERY_MS) / 1000) {
      reject(
        new Problem(
          'REQUEST_TIMEOUT',
          `The upload brings less than ${MIN_BYTES_PER_S} bytes a second.`,
        ),
      );
    }
    before = now;
  }, CHECK_EVERY_MS);
  try {
    await Promise.race([reading, tooSlow]);
  } finally {
    clearInterval(timer);
  }
}
