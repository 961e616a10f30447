// Bounds how long an upload may hold what it has reserved: it waits not for ever, and must flow.
import type { IncomingMessage } from 'node:http';
import { type Budget, Problem } from '@synset/shared';

/** A client slower than this holds bytes that others wait for: seven of them stopped all uploads. */
const MIN_BYTES_PER_S = 10_000;
const CHECK_EVERY_MS = 5000;

/** Of all bytes, what those may have who have brought none yet. */
const ON_TRUST = 0.5;

/**
 * Reserves bytes for an upload. Where few are left it must have begun to flow: 200 that announced
 * 10 MiB each and brought a byte a second had all others wait for ten seconds.
 */
export async function reserveForUpload(
  upload: IncomingMessage,
  budget: Budget,
  bytes: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<() => void> {
  if (budget.used + bytes > ON_TRUST * budget.limit) await flowing(upload, bytes);
  return await reserveInTime(budget, bytes, timeoutMs, signal);
}

/** As much has arrived as Node holds of a body that nobody reads, or all of it. */
async function flowing(upload: IncomingMessage, bytes: number): Promise<void> {
  const enough = Math.min(bytes, upload.readableHighWaterMark);
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  const look = () => {
    if (upload.readableLength >= enough || upload.complete || upload.destroyed) resolve();
  };
  upload.on('readable', look).on('close', look);
  look();
  try {
    await keepPace(arrived, () => upload.readableLength);
  } finally {
    upload.off('readable', look).off('close', look);
  }
}

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
    () => late.abort(new Problem('QUEUE_FULL', detail, { retryAfterS: 5, reason: 'in_flight' })),
    timeoutMs,
  );
  try {
    return await budget.reserve(bytes, AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects with REQUEST_TIMEOUT when `reading` flows more slowly than the least rate. */
export async function keepPace<T>(reading: Promise<T>, received: () => number): Promise<T> {
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
    return await Promise.race([reading, tooSlow]);
  } finally {
    clearInterval(timer);
  }
}
