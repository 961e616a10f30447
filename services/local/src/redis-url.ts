// Where the private Redis of `make run`, which takes a free port, is found by other programs.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalConfig } from './config.ts';
import { StartError } from './start-error.ts';

/** Where the private Redis of a run keeps its data: one folder a port. */
export const redisFolder = ({ DATA_DIR, PORT }: LocalConfig): string =>
  join(DATA_DIR, `${PORT}`, 'redis');

const fileIn = (folder: string): string => join(folder, 'url');

export async function publishUrl(folder: string, url: string): Promise<void> {
  await writeFile(fileIn(folder), url);
}

export async function withdrawUrl(folder: string): Promise<void> {
  await rm(fileIn(folder), { force: true });
}

/** The Redis that the settings name, else the one of the run that they name. */
export async function findRedis(config: LocalConfig): Promise<string> {
  if (config.REDIS_URL) return config.REDIS_URL;
  const url = await readFile(fileIn(redisFolder(config)), 'utf8').catch(() => '');
  if (url) return url;
  throw new StartError(
    `no service runs with PORT=${config.PORT} here; name another PORT, or REDIS_URL`,
  );
}
