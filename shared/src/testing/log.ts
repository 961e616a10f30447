// A log that a test can look into.
import { pino } from 'pino';
import { createLogger, type Logger } from '../log.ts';

export const silentLog = createLogger('test', 'silent');

export interface KeptLog {
  readonly log: Logger;
  /** What was said so far. */
  readonly lines: Record<string, unknown>[];
}

export function keptLog(): KeptLog {
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { name: 'test' },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  );
  return { log, lines };
}
