// Ports and addresses of this machine.
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { StartError } from './start-error.ts';

/** With an agent of its own: the global one may go through a proxy, which knows no localhost. */
export function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: new Agent() }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
}

export async function assertPortFree(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const hint =
      code === 'EADDRINUSE'
        ? `is it running already? Another port: make run PORT=${port + 1}`
        : 'check HOST and PORT';
    throw new StartError(`cannot listen on ${host}:${port} (${code}): ${hint}`);
  }
  await new Promise((resolve) => server.close(resolve));
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
