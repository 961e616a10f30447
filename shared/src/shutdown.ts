// How the process of a service ends: by a signal or with its parent, in order, in bounded time.
import type { Logger } from './log.ts';

/** Longest time to finish what is under way. */
const CLOSE_DEADLINE_MS = 20_000;

export interface ShutdownOptions {
  readonly log: Logger;
  /** Finishes what is under way. */
  readonly close: () => Promise<void>;
  /** What is not finished, and its name in the log. */
  readonly left: () => object;
  readonly leftText: string;
  /** What `close` waits before it begins to finish. */
  readonly delayMs?: number;
}

/** Exit code 1, and a line that says what was left, when closing takes too long. */
export function endOnSignal(options: ShutdownOptions): void {
  const { log, close, left, leftText, delayMs = 0 } = options;
  const end = async () => {
    setTimeout(() => {
      log.error({ ...left(), deadlineMs: CLOSE_DEADLINE_MS }, leftText);
      process.exit(1);
    }, delayMs + CLOSE_DEADLINE_MS).unref();
    await close();
    log.info('stopped');
    process.exit(0);
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  // The parent that started this process has gone.
  process.once('disconnect', end);
}
