// The services' logs: JSON lines, or readable ones where a person looks on.
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

export function createLogger(name: string, level: string): Logger {
  const options = { name, level };
  // pino's transports live in a thread that may lose the last lines of a process that ends.
  if (process.stdout.isTTY) return pino(options, pretty({ sync: true, ignore: 'pid,hostname' }));
  // 8 µs of CPU a line; written some at a time it is 4, and a crash would take the last ones along.
  return pino(options, pino.destination({ sync: true }));
}
