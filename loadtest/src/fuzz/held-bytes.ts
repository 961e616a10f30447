// Whether all bytes that may be in flight can still be had: what a broken upload keeps is gone for all.
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { headOf } from './message.ts';

const MIB = 1024 * 1024;
/** MAX_UPLOAD_BYTES and MAX_IN_FLIGHT_BYTES as by default. */
const UPLOAD_BYTES = 10 * MIB;
const IN_FLIGHT_BYTES = 64 * MIB;
/** So much must have arrived before an upload gets its bytes, once they are scarce. */
const BEGINNING = 64 * 1024;
/** Who has got no bytes by then is told so. */
const WAIT_MS = 1000;
/** A refusal is answered when the service has waited 5 s for the rest of what it refuses. */
const LOOK_MS = 7000;

/**
 * Begins uploads that take all bytes together, then sends one more byte. Resolves with what is wrong:
 * nothing where that last one alone was refused.
 */
export async function heldBytes(port: number): Promise<string[]> {
  const whole = Math.floor(IN_FLIGHT_BYTES / UPLOAD_BYTES);
  const sizes = [
    ...Array<number>(whole).fill(UPLOAD_BYTES),
    IN_FLIGHT_BYTES - whole * UPLOAD_BYTES,
  ];
  const uploads = sizes.map((size) => begin(port, size));
  await pause(WAIT_MS);
  const beyond = begin(port, 1);
  await pause(LOOK_MS);
  const refused = uploads.filter(({ answer }) => answer() !== '');
  const wrong = refused.map(({ answer }) => `an upload was refused: ${answer().slice(0, 40)}`);
  if (!beyond.answer().includes(' 503 ')) wrong.push('one more than may be was not refused');
  for (const { socket } of [...uploads, beyond]) socket.destroy();
  return wrong;
}

function begin(port: number, bytes: number): { socket: Socket; answer: () => string } {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => {});
  socket.write(
    headOf('POST', '/predict', [
      ['Host', '127.0.0.1'],
      ['Content-Type', 'image/jpeg'],
      ['Content-Length', `${bytes}`],
      ['X-Request-Timeout', `${WAIT_MS}ms`],
    ]),
  );
  socket.write(Buffer.alloc(Math.min(bytes, BEGINNING)));
  return { socket, answer: () => answer };
}
