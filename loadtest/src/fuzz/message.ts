// One HTTP request as bytes: Node's own client would refuse to send most of what is wanted here.

export type Header = readonly [name: string, value: string];

export interface Message {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly Header[];
  /** Null: none is spoken of. */
  readonly body: Buffer | null;
  readonly chunked?: boolean;
}

/** The service closes the connection behind its answer. */
const CLOSE: readonly Header[] = [
  ['Host', '127.0.0.1'],
  ['Connection', 'close'],
];

const CHUNK_BYTES = 1000;

export function chunksOf(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const chunk = body.subarray(at, at + CHUNK_BYTES);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

export function headOf(method: string, target: string, headers: readonly Header[]): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
}

/** Rightly framed, whatever else it is. */
export function encode({ method, target, headers, body, chunked = false }: Message): Buffer {
  const framing = (): Header[] => {
    if (!body) return [];
    return chunked ? [['Transfer-Encoding', 'chunked']] : [['Content-Length', `${body.length}`]];
  };
  const head = headOf(method, target, [...CLOSE, ...framing(), ...headers]);
  if (!body) return head;
  return Buffer.concat([head, chunked ? chunksOf(body) : body]);
}
