// A server that plays the place where models lie: whole, or with one of the faults of the real one.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type ModelCard, modelCardSchema } from '../src/card.ts';

/** Answers one request. */
export type Play = (request: IncomingMessage, response: ServerResponse, hub: Hub) => void;

export interface Hub {
  url: string;
  content: Buffer;
  etag: string;
  requests: { path: string; headers: IncomingMessage['headers'] }[];
  /** Breaks the connections of answers that are being held. */
  cut(): void;
  /** Sends so many more bytes of answers that are being held. */
  more(count: number): void;
  /** Sends the rest of answers that are being held. */
  release(): void;
  held: ServerResponse[];
}

export interface TestHub extends Hub {
  card: ModelCard;
}

/** The first request is answered by the first play, and so on; those after the last by the last. */
export async function startHub(...plays: Play[]): Promise<TestHub> {
  const content = randomBytes(200_000);
  const held: ServerResponse[] = [];
  const hub: Hub = {
    ...{ url: '', content, etag: '"one"', requests: [], held },
    cut() {
      for (const response of held.splice(0)) response.socket?.destroy();
    },
    more(count) {
      for (const response of held) {
        const rest = rests.get(response) ?? Buffer.alloc(0);
        response.write(rest.subarray(0, count));
        rests.set(response, rest.subarray(count));
      }
    },
    release() {
      for (const response of held.splice(0)) response.end(rests.get(response));
    },
  };
  const server = createServer((request, response) => {
    const play = plays[Math.min(hub.requests.length, plays.length - 1)] ?? whole;
    hub.requests.push({ path: request.url ?? '', headers: request.headers });
    play(request, response, hub);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  hub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(hub, { card: cardOf(content, [`${hub.url}/small.onnx`]) });
}

export function cardOf(content: Buffer, urls: string[]): ModelCard {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return modelCardSchema.parse({
    ...{ name: 'small', file: 'small.onnx', trained: true },
    ...{ urls, bytes: content.length, sha256 },
  });
}

/** What is sent when an answer that is held is released. */
const rests = new WeakMap<ServerResponse, Buffer>();

/** A server as it should be: with ranges, and If-Range. */
export const whole: Play = (request, response, hub) => {
  const { from, head } = rangeOf(request, hub);
  response.writeHead(from > 0 ? 206 : 200, head).end(hub.content.subarray(from));
};

/** Sends so many bytes and then nothing, until the hub is told to cut or to release. */
export function hold(count: number): Play {
  return (request, response, hub) => {
    const { from, head } = rangeOf(request, hub);
    rests.set(response, hub.content.subarray(from + count));
    hub.held.push(response);
    response.writeHead(from > 0 ? 206 : 200, head);
    response.write(hub.content.subarray(from, from + count));
  };
}

function rangeOf(request: IncomingMessage, { content, etag }: Hub) {
  const { range, 'if-range': condition } = request.headers;
  const asked = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const from = condition === undefined || condition === etag ? asked : 0;
  const head: Record<string, string | number> = { etag, 'content-length': content.length - from };
  if (from > 0) head['content-range'] = `bytes ${from}-${content.length - 1}/${content.length}`;
  return { from, head };
}

/** The whole file, whatever part was asked for. */
export const withoutRanges: Play = (_, response, { content }) => {
  response.writeHead(200, { 'content-length': content.length }).end(content);
};

export const status =
  (code: number, headers: Record<string, string> = {}): Play =>
  (_, response) =>
    void response.writeHead(code, headers).end('no');

/** Says that it sends `length` bytes, or nothing about it, and sends `body`. */
export const says =
  (length: number | undefined, body: (content: Buffer) => Buffer): Play =>
  (_, response, { content }) => {
    response.writeHead(200, length === undefined ? {} : { 'content-length': length });
    response.write(body(content));
    if (length === undefined) response.end();
    else response.socket?.end();
  };

export const redirect =
  (to: (hub: Hub) => string): Play =>
  (_, response, hub) =>
    void response.writeHead(302, { location: to(hub) }).end();

/** Takes the request and never answers. */
export const silence: Play = () => {};

/** Accepts CONNECT and joins the two sides, or refuses it; `asked` lists where to. */
export async function startProxy(refuses = false): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer().on('connect', (request, socket: Socket) => {
    asked.push(request.url ?? '');
    if (refuses) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const { hostname, port } = new URL(`http://${request.url}`);
    const other = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      other.pipe(socket).pipe(other);
    });
    for (const end of [socket, other]) sockets.add(end.on('error', () => other.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
