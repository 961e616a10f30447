// The worker's small HTTP server, by which it is watched: alive, ready, and its metrics.
import { createServer, type Server } from 'node:http';

export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** What is at a path. */
export type Pages = Readonly<Record<string, () => Page | Promise<Page>>>;

export interface MonitorOptions {
  readonly host: string;
  readonly port: number;
  readonly pages: Pages;
}

export interface Monitor {
  readonly port: number;
  close(): Promise<void>;
}

/** Requests are a few lines from nearby; Node's own limits are minutes, and looked at twice a minute. */
const RECEIVE_TIMEOUT_MS = 2000;
const MAX_CONNECTIONS = 100;

export const json = (status: number, body: object): Page => ({
  status,
  type: 'application/json',
  body: JSON.stringify(body),
});

/** Listens when the promise resolves. Rejects with a line that names the setting that is wrong. */
export async function startMonitor({ host, port, pages }: MonitorOptions): Promise<Monitor> {
  const server = createServer(
    {
      headersTimeout: RECEIVE_TIMEOUT_MS,
      requestTimeout: RECEIVE_TIMEOUT_MS,
      connectionsCheckingInterval: RECEIVE_TIMEOUT_MS / 4,
    },
    async ({ method, url = '' }, response) => {
      const { status, type, body } = await pageAt(pages, method, url);
      // Then nobody holds a connection, and a body that may follow is never read.
      response.writeHead(status, { 'content-type': type, connection: 'close' });
      response.end(body);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, host, port);
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function pageAt(pages: Pages, method: string | undefined, url: string): Promise<Page> {
  const path = url.split('?', 1)[0] ?? '';
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (!page) return json(404, { status: 'not found' });
  if (method !== 'GET' && method !== 'HEAD') return json(405, { status: 'method not allowed' });
  try {
    return await page();
  } catch {
    return json(500, { status: 'error' });
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, host, resolve);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      code === 'EADDRINUSE'
        ? `port ${port} is taken; choose another by METRICS_PORT`
        : `cannot listen on ${host}:${port} (${code}); check METRICS_HOST and METRICS_PORT`,
    );
  }
}
