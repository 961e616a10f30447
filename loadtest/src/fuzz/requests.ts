// The n-th request of a seed, whatever was sent before it.
import { Random } from '../chaos/random.ts';
import type { Base } from './bases.ts';
import { mutate } from './bytes.ts';
import { type Form, goodForm, spoiltForm } from './forms.ts';
import { garbage } from './garbage.ts';
import { oddHeaders, oddMethod, oddPath, oddQuery, PATHS } from './heads.ts';
import { jsonRequest } from './json.ts';
import { encode, type Header, type Message } from './message.ts';
import { photoMutations } from './photo-mutations.ts';

/**
 * How the client behaves: it waits for the answer that a rightly framed request must get; it waits a
 * little, and then ends its side; or it is gone as soon as it has sent this much.
 */
export type Ending = 'answer' | 'patience' | 'hang up';

export interface FuzzRequest {
  readonly number: number;
  /** What was done to it, in words. */
  readonly kind: string;
  readonly bytes: Buffer;
  /** Writes that the bytes are sent in. */
  readonly pieces: number;
  readonly ending: Ending;
}

type Made = Pick<FuzzRequest, 'kind' | 'bytes' | 'ending'>;
type Make = (photo: Buffer, random: Random) => Made;

const HEAD = Buffer.from('HEAD ');
const HANG_UP = 0.04;
const IN_PIECES = 0.15;

const answered = (kind: string, message: Message): Made => ({
  kind,
  bytes: encode(message),
  ending: 'answer',
});

const UPLOADS = ['/predict', '/predict', '/predict', '/jobs', '/', '/feedback'];

const formMessage = (
  { type, body }: Form,
  random: Random,
  more: readonly Header[] = [],
): Message => ({
  method: 'POST',
  target: random.pick(UPLOADS),
  headers: [['Content-Type', type], ...more],
  body,
  chunked: random.chance(0.1),
});

const rawMessage = (photo: Buffer, random: Random, more: readonly Header[] = []): Message => ({
  method: 'POST',
  target: random.pick(['/predict', '/predict', '/']),
  headers: [['Content-Type', 'image/jpeg'], ...more],
  body: photo,
  chunked: random.chance(0.1),
});

const uploadMessage = (photo: Buffer, random: Random, more: readonly Header[] = []) =>
  random.chance(0.6) ? formMessage(goodForm(photo), random, more) : rawMessage(photo, random, more);

/** Shares of all requests, and how each is made of a photo. */
const kinds: readonly [share: number, make: Make][] = [
  [
    0.5,
    (photo, random) => {
      const { bytes, names } = mutate(photo, photoMutations, random);
      return answered(`photo: ${names.join(', ')}`, uploadMessage(bytes, random));
    },
  ],
  [
    0.15,
    (photo, random) => {
      const form = spoiltForm(photo, random);
      return answered(form.what, formMessage(form, random));
    },
  ],
  [
    0.1,
    (photo, random) => {
      const headers = oddHeaders(random);
      const message = random.chance(0.8)
        ? uploadMessage(photo, random, headers)
        : { method: 'GET', target: random.pick(PATHS), headers, body: null };
      const named = headers.slice(0, 4).map(([name]) => name);
      const { bytes } = answered('', message);
      // So many that Node's parser refuses them, or an Expect: the answer may be lost behind them.
      const ending = isOddlyFramed(headers) ? 'patience' : 'answer';
      return { kind: `headers: ${named.join(', ')}`, bytes, ending };
    },
  ],
  [
    0.05,
    (photo, random) => {
      const message = uploadMessage(photo, random);
      return answered('query', { ...message, target: `${message.target}${oddQuery(random)}` });
    },
  ],
  [
    0.08,
    (photo, random) => {
      const method = oddMethod(random);
      const withBody = random.chance(0.3);
      const query = random.chance(0.2) ? oddQuery(random) : '';
      const target = `${random.pick([random.pick(PATHS), oddPath(random)])}${query}`;
      const headers: Header[] = withBody ? [['Content-Type', 'image/jpeg']] : [];
      const bytes = encode({ method, target, headers, body: withBody ? photo : null });
      // Of some of these Node's parser thinks that they are none.
      return { kind: `path: ${method} ${target.slice(0, 40)}`, bytes, ending: 'patience' };
    },
  ],
  [
    0.07,
    (photo, random) => {
      const { target, headers, body } = jsonRequest(photo, random);
      return answered(`json: ${target}`, { method: 'POST', target, headers, body });
    },
  ],
  [
    0.05,
    (photo, random) => {
      const { bytes, what } = garbage(photo, random);
      return { kind: what, bytes, ending: 'patience' };
    },
  ],
];

const isOddlyFramed = (headers: readonly Header[]): boolean => {
  const bytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  const odd = /^(expect|host)$/i;
  return bytes > 10_000 || headers.length > 90 || headers.some(([name]) => odd.test(name));
};

/** Numbers beside each other must not have random numbers that are alike. */
const randomOf = (seed: number, number: number) =>
  new Random(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35));

export function requestOf(seed: number, number: number, bases: readonly Base[]): FuzzRequest {
  const random = randomOf(seed, number);
  const { bytes: photo } = random.pick(bases);
  const made = makeOf(random)(photo, random);
  const pieces = random.chance(IN_PIECES) ? 2 + random.below(30) : 1;
  if (!random.chance(HANG_UP)) return { number, ...made, pieces };
  const bytes = made.bytes.subarray(0, random.below(made.bytes.length + 1));
  return { number, kind: `${made.kind}, and gone`, bytes, pieces, ending: 'hang up' };
}

function makeOf(random: Random): Make {
  let rest = random.next();
  for (const [share, make] of kinds) {
    rest -= share;
    if (rest < 0) return make;
  }
  return kinds[0]?.[1] as Make;
}

/** By the Open Inference Protocol these routes say no by their status alone. */
const BARE = /^\S+ \/v2\/(health\/|models\/\S*\/ready\b)/;

export const isHead = ({ bytes }: FuzzRequest): boolean =>
  bytes.subarray(0, HEAD.length).equals(HEAD);

/** Whether the (first) answer may have no body. */
export const mayBeBare = (request: FuzzRequest): boolean =>
  isHead(request) || BARE.test(request.bytes.toString('latin1', 0, 100));
