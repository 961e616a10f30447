// What is no HTTP request, or one that contradicts itself.
import type { Random } from '../chaos/random.ts';
import { byteMutations, mutate, randomBytes } from './bytes.ts';
import { chunksOf, type Header, headOf } from './message.ts';

const text = (value: string) => Buffer.from(value, 'latin1');
const HOST: Header = ['Host', '127.0.0.1'];
const JPEG: Header = ['Content-Type', 'image/jpeg'];
const POST = (photo: Buffer, ...headers: Header[]) =>
  Buffer.concat([headOf('POST', '/predict', [HOST, JPEG, ...headers]), photo]);

/** As in Transfer-Encoding: chunked. */
const CHUNKED: Header = ['Transfer-Encoding', 'chunked'];

const LINES = [
  ...[
    'GET / HTTP/9.9',
    'GET / HTTP/1.0',
    'GET /',
    'GET',
    '',
    'GET  / HTTP/1.1',
    'GET / FTP/1.1',
    '\0',
  ],
  ...[
    'PRI * HTTP/2.0\r\n\r\nSM',
    'CONNECT x:443 HTTP/1.1',
    'get / http/1.1',
    'GET / HTTP/1.1 x',
    'HELO x',
  ],
  ...[
    '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03',
    '\x05\x01\0',
    '*1\r\n$4\r\nPING',
    'SSH-2.0-x',
    'HTTP/1.1 200 OK',
  ],
];

const HEADS = [
  ...[
    'no colon',
    ': x',
    'a b: c',
    'X: \0',
    ' folded',
    'Content-Length: 5\r\nContent-Length: 6',
    'X\r: y',
  ],
  ...[
    'Content-Length: -1',
    'Content-Length: 0x5',
    'Content-Length: 99999999999999999999',
    'Host: a\r\nHost: b',
  ],
  ...[
    'Content-Length: 5, 5',
    'Content-Length: +5',
    'Content-Length: ',
    'Transfer-Encoding: x',
    'X: y\n\nZ: a',
  ],
  ...[
    'Transfer-Encoding: chunked\r\nContent-Length: 5',
    'Transfer-Encoding: xchunked',
    'Connection: upgrade',
  ],
  ...[
    'Transfer-Encoding: chunked, chunked',
    'Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA',
  ],
  ...[
    'Connection: Upgrade\r\nUpgrade: websocket',
    'Expect: x',
    'Trailer: a',
    'TE: trailers',
    'Connection: close, x',
  ],
];

const CHUNK_SIZES = [
  'zz',
  '-1',
  'ffffffffffffffff',
  '7fffffff',
  '',
  ' 5',
  '5 ',
  '0x5',
  '5;a=b',
  `5;${'x'.repeat(20_000)}`,
  '5\n',
];

type Make = (photo: Buffer, random: Random) => Buffer;

const makes: Record<string, Make> = {
  'random bytes': (_photo, random) => randomBytes(1 + random.below(2000), random),
  'first line': (_photo, random) => text(`${random.pick(LINES)}\r\nHost: x\r\n\r\n`),
  'header line': (photo, random) => {
    const head = `POST ${random.pick(['/predict', '/jobs', '/'])} HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n`;
    return Buffer.concat([text(`${head}${random.pick(HEADS)}\r\n\r\n`), photo.subarray(0, 1000)]);
  },
  'length too large': (photo, random) =>
    POST(photo, [
      'Content-Length',
      `${photo.length + random.pick([1, 2, 1000, 10_485_760, 2 ** 31])}`,
    ]),
  'length too small': (photo, random) =>
    POST(photo, [
      'Content-Length',
      `${Math.max(0, photo.length - 1 - random.below(photo.length))}`,
    ]),
  'chunk size': (photo, random) =>
    POST(
      Buffer.concat([text(`${random.pick(CHUNK_SIZES)}\r\n`), photo, text('\r\n0\r\n\r\n')]),
      CHUNKED,
    ),
  'chunks cut short': (photo, random) => {
    const chunks = chunksOf(photo);
    return POST(chunks.subarray(0, random.below(chunks.length)), CHUNKED);
  },
  'bytes of the chunks': (photo, random) =>
    POST(mutate(chunksOf(photo), byteMutations, random).bytes, CHUNKED),
  trailers: (photo, random) => {
    const chunks = chunksOf(photo).subarray(0, -2);
    const trailer = random.pick([
      'X: y',
      `X: ${'y'.repeat(20_000)}`,
      'Content-Length: 5',
      'no colon',
      ': x',
    ]);
    return POST(Buffer.concat([chunks, text(`${trailer}\r\n\r\n`)]), CHUNKED);
  },
  'one behind the other': (photo, random) => {
    const one = () =>
      random.pick([
        headOf('GET', '/healthz', [HOST]),
        headOf('GET', '/labels', [HOST]),
        POST(photo, ['Content-Length', `${photo.length}`]),
        randomBytes(20, random),
      ]);
    return Buffer.concat(Array.from({ length: 2 + random.below(20) }, one));
  },
  'bytes of the head': (photo, random) => {
    const head = headOf('POST', '/predict', [HOST, JPEG, ['Content-Length', `${photo.length}`]]);
    return Buffer.concat([mutate(head, byteMutations, random).bytes, photo]);
  },
  'head cut short': (_photo, random) => {
    const head = headOf('POST', '/jobs', [HOST, JPEG, ['Content-Length', '5']]);
    return head.subarray(0, 1 + random.below(head.length - 1));
  },
};

export function garbage(photo: Buffer, random: Random): { bytes: Buffer; what: string } {
  const what = random.pick(Object.keys(makes));
  return { bytes: makes[what]?.(photo, random) ?? photo, what: `raw: ${what}` };
}
