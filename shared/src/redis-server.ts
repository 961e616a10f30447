// How a redis-server of ours is run.

/**
 * Arguments of a server on loopback with its data in `dir`. `appendfsync always`: an accepted job
 * survives even a power cut. Its file is rewritten from 512 MB on: at the 64 MB of the default that
 * was once or twice a second under load, and took half of the photos a second that Redis can pass on.
 * It remembers what held it up for 100 ms, the disk above all: `redis-cli latency doctor`.
 */
export const redisServerArguments = (port: number, dir: string): string[] => [
  ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', ''],
  ...['--appendonly', 'yes', '--appendfsync', 'always'],
  ...['--auto-aof-rewrite-min-size', '512mb'],
  ...['--maxmemory', '1gb', '--maxmemory-policy', 'noeviction'],
  ...['--latency-monitor-threshold', '100'],
];
