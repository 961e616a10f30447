// One run a folder: two redis-servers would write the same append-only file.
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { StartError } from './start-error.ts';

/**
 * Holds the folder for this process. The lock is a socket without a file (Linux's abstract
 * namespace), which the kernel lets go however the process ends: no lock is ever left behind.
 */
export async function lockFolder(folder: string, advice: string): Promise<Server> {
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex');
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(`\0synset-${name}`, resolve);
  }).catch(() => {
    throw new StartError(`${folder} is in use by another run: ${advice}`);
  });
  return server;
}
