// Reads what a client still sends after it was refused, so that it gets to see the answer.
import type { IncomingMessage } from 'node:http';

/** Clients write on while we answer; closing on them would lose the answer (fetch: 21 of 60). */
export const DRAIN_MAX_BYTES = 64 * 1024 * 1024;
const DRAIN_MAX_MS = 5000;

/** True when the request was read to its end; false when it was too long, too slow or broke off. */
export async function drain(request: IncomingMessage): Promise<boolean> {
  if (request.readableEnded) return true;
  if (request.destroyed) return false;
  if (Number(request.headers['content-length'] ?? 0) > DRAIN_MAX_BYTES) return false;
  // Whoever was reading it has given up; its pipe would hold the data back.
  request.unpipe();
  return await new Promise((resolve) => {
    let bytes = 0;
    const timer = setTimeout(done, DRAIN_MAX_MS);
    function onData(chunk: Buffer) {
      bytes += chunk.length;
      if (bytes > DRAIN_MAX_BYTES) done();
    }
    function done() {
      clearTimeout(timer);
      request.off('data', onData).off('end', done).off('close', done).off('error', done);
      resolve(request.readableEnded);
    }
    request.on('data', onData).on('end', done).on('close', done).on('error', done).resume();
  });
}
