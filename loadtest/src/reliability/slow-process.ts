// The slow clients: a process of their own, so that they slow nobody by their work for us.
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { answerCalls } from '../child.ts';
import { headOf } from '../fuzz/message.ts';
import { type SlowEnd, type SlowKind, type SlowRound, slowKinds } from './slow-clients.ts';

const BYTE_MS = 1000;

const head = (bytes: number) =>
  headOf('POST', '/predict', [
    ['Host', '127.0.0.1'],
    ['Content-Type', 'image/jpeg'],
    ['Content-Length', `${bytes}`],
  ]);

/** What is sent at once; the rest is one byte a second. */
const beginnings: Record<SlowKind, Buffer> = {
  headers: Buffer.from('POST /predict HTTP/1.1\r\nHost: x\r\nX-Slow: '),
  upload: head(100_000),
  'large upload': head(10 * 1024 * 1024),
  // More than the system's buffers take, or the service would never notice.
  answer: Buffer.concat(
    Array.from({ length: 300 }, () => headOf('GET', '/labels', [['Host', '127.0.0.1']])),
  ),
};

async function round({ port, count, ms, again }: SlowRound): Promise<SlowEnd[]> {
  const ends: SlowEnd[] = [];
  const leave = new AbortController();
  const clients = Array.from({ length: count }, async (_, i) => {
    const kind = slowKinds[i % slowKinds.length] as SlowKind;
    do {
      const end = await client(kind, port, leave.signal);
      if (end) ends.push(end);
    } while (again && !leave.signal.aborted);
  });
  const all = Promise.all(clients);
  const timer = pause(ms, null, { signal: leave.signal }).then(
    () => leave.abort(),
    () => {},
  );
  await all;
  leave.abort();
  await timer;
  return ends;
}

/** How the service has ended it; null when we have. */
function client(kind: SlowKind, port: number, leave: AbortSignal): Promise<SlowEnd | null> {
  const started = performance.now();
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  let byUs = false;
  const goSlowly = setInterval(() => trickle(kind, socket), BYTE_MS);
  const onLeave = () => {
    byUs = true;
    socket.destroy();
  };
  leave.addEventListener('abort', onLeave, { once: true });
  if (kind !== 'answer') {
    socket.on('data', (chunk) => {
      answer += chunk;
    });
  }
  socket.on('error', () => {}); // 'close' follows
  socket.write(beginnings[kind]);
  return new Promise((resolve) => {
    socket.once('close', () => {
      clearInterval(goSlowly);
      leave.removeEventListener('abort', onLeave);
      const status = Number(/^HTTP\/1.1 (\d{3})/.exec(answer)?.[1] ?? 0);
      resolve(byUs ? null : { kind, status, afterMs: performance.now() - started });
    });
  });
}

/** Without a listener for its data a socket is read only when we do. */
function trickle(kind: SlowKind, socket: Socket): void {
  if (kind === 'answer') socket.read(1);
  else if (socket.writable) socket.write('x');
}

answerCalls(round);
