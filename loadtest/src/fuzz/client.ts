// Sends bytes on a connection of their own and reads whatever comes back.
import { connect, type Socket } from 'node:net';
import { type Reading, readAnswers } from './answers.ts';
import { type FuzzRequest, isHead } from './requests.ts';

export interface Exchange extends Reading {
  /** The connection stood until we gave up waiting for an answer. */
  readonly gaveUp: boolean;
}

/** The service answers within 10 s, or after 5 more in which it reads what a refused client sends. */
const ANSWER_MS = 30_000;
/** Whether these bytes are a whole request only the service knows: then our side is ended. */
const PATIENCE_MS = 300;
/** From the end of our side until the service ends its own. */
const FAREWELL_MS = 8000;

export function exchange(port: number, request: FuzzRequest): Promise<Exchange> {
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const read = (ended: boolean) => readAnswers(Buffer.concat(received), ended, isHead(request));
    let gaveUp = false;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.setNoDelay(true);
    let timer = setTimeout(onTimeout, request.ending === 'answer' ? ANSWER_MS : PATIENCE_MS);
    function farewell(): void {
      socket.end();
      clearTimeout(timer);
      timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
    }
    function onTimeout(): void {
      gaveUp = request.ending === 'answer';
      if (gaveUp) socket.destroy();
      else farewell();
    }
    socket.on('data', (chunk) => {
      received.push(chunk);
      const { answers, malformed } = read(false);
      if (malformed !== null || answers.length > 0) farewell();
    });
    socket.on('end', () => socket.end());
    // What it means is told by what was received until then; 'close' follows.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({ ...read(true), gaveUp });
    });
    write(socket, request);
  });
}

function write(socket: Socket, { bytes, pieces, ending }: FuzzRequest): void {
  const size = Math.max(1, Math.ceil(bytes.length / pieces));
  let at = 0;
  const next = () => {
    if (socket.destroyed) return;
    if (at < bytes.length) {
      socket.write(bytes.subarray(at, at + size), () => setImmediate(next));
      at += size;
    } else if (ending === 'hang up') socket.resetAndDestroy();
  };
  socket.once('connect', next);
}
