// Reads HTTP answers strictly: what Node's client would forgive is a finding here.

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Reading {
  readonly answers: readonly Answer[];
  /** What cannot be an answer, or null. */
  readonly malformed: string | null;
  /** Bytes of an answer that is not complete. */
  readonly rest: number;
}

const HEAD_END = '\r\n\r\n';
const STATUS_LINE = /^HTTP\/1\.1 (\d{3}) [\x20-\x7e]*$/;
const HEADER_LINE = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([\x20-\x7e\x80-\xff]*)$/;

/** `ended`: no more will come. `isHead`: the first answer says how long a body would be. */
export function readAnswers(bytes: Buffer, ended: boolean, isHead: boolean): Reading {
  const answers: Answer[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(HEAD_END, at);
    if (end < 0) break;
    const head = readHead(bytes.toString('latin1', at, end));
    if (!head) return { answers, malformed: bytes.toString('latin1', at, end), rest: 0 };
    const from = end + HEAD_END.length;
    const bodiless = (isHead && answers.length === 0) || [204, 304].includes(head.status);
    const body =
      bodiless || head.status < 200
        ? ([0, ''] as const)
        : readBody(bytes.subarray(from), head.headers, ended);
    if (!body) break;
    at = from + body[0];
    if (head.status >= 200) answers.push({ ...head, body: body[1] });
  }
  const rest = bytes.length - at;
  return { answers, malformed: null, rest };
}

function readHead(text: string): Omit<Answer, 'body'> | null {
  const [first = '', ...lines] = text.split('\r\n');
  const status = STATUS_LINE.exec(first)?.[1];
  const fields = lines.map((line) => HEADER_LINE.exec(line));
  if (!status || fields.includes(null)) return null;
  const headers = fields.map((field) => [field?.[1]?.toLowerCase() ?? '', field?.[2] ?? '']);
  return { status: Number(status), headers: Object.fromEntries(headers) };
}

/** Bytes that it takes and its text, or null while it is not all there. */
function readBody(
  bytes: Buffer,
  headers: Answer['headers'],
  ended: boolean,
): [number, string] | null {
  if (headers['transfer-encoding'] === 'chunked') return readChunks(bytes);
  const length = headers['content-length'];
  if (length === undefined) return ended ? [bytes.length, bytes.toString()] : null;
  const count = Number(length);
  return bytes.length >= count ? [count, bytes.toString('utf8', 0, count)] : null;
}

function readChunks(bytes: Buffer): [number, string] | null {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    const from = line + 2;
    if (!(from + size + 2 <= bytes.length)) return null;
    if (size === 0) return [from + 2, Buffer.concat(chunks).toString()];
    chunks.push(bytes.subarray(from, from + size));
    at = from + size + 2;
  }
}
