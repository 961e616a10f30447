// Mutations that know nothing of what the bytes mean.
import type { Random } from '../chaos/random.ts';

export type Mutation = (bytes: Buffer, random: Random) => Buffer;

/** Longest run of bytes that is repeated, overwritten or put in. */
const MAX_RUN = 4096;
/** Lengths and counts stand near the start of most files. */
const HEADER_BYTES = 256;

/** Where an integer of the file turns into one of these, sums of it overflow. */
const NASTY = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000];
const NASTY_32 = [...NASTY, 0xfffffffe, 0xffffffff];

export function randomBytes(count: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length: count }, () => random.below(256)));
}

const runOf = (bytes: Buffer, random: Random): [number, number] => {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + random.below(MAX_RUN))];
};

function overwrite(bytes: Buffer, random: Random, value: () => number): Buffer {
  const changed = Buffer.from(bytes);
  const [from, to] = runOf(bytes, random);
  for (let at = from; at < to; at++) changed[at] = value();
  return changed;
}

function setInteger(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes);
  const reach = random.chance(0.7) ? HEADER_BYTES : bytes.length;
  const at = random.below(Math.max(1, Math.min(reach, bytes.length) - 4));
  if (bytes.length < at + 4) return changed;
  const value = random.pick(NASTY_32);
  const little = random.chance(0.5);
  if (random.chance(0.5)) {
    if (little) changed.writeUInt32LE(value, at);
    else changed.writeUInt32BE(value, at);
  } else if (little) changed.writeUInt16LE(value & 0xffff, at);
  else changed.writeUInt16BE(value & 0xffff, at);
  return changed;
}

export const byteMutations: Record<string, Mutation> = {
  flip: (bytes, random) => {
    const changed = Buffer.from(bytes);
    for (let i = 1 + random.below(16); i > 0; i--) {
      const at = random.below(bytes.length);
      changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    }
    return changed;
  },
  'cut the end': (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  'cut the start': (bytes, random) => bytes.subarray(random.below(Math.min(64, bytes.length))),
  'cut the middle': (bytes, random) => {
    const [from, to] = runOf(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  repeat: (bytes, random) => {
    const [from, to] = runOf(bytes, random);
    const run = bytes.subarray(from, to);
    const runs = Array.from({ length: 1 + random.below(50) }, () => run);
    return Buffer.concat([bytes.subarray(0, to), ...runs, bytes.subarray(to)]);
  },
  insert: (bytes, random) => {
    const at = random.below(bytes.length + 1);
    const more = randomBytes(random.below(MAX_RUN), random);
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  },
  garble: (bytes, random) => overwrite(bytes, random, () => random.below(256)),
  blank: (bytes, random) => {
    const value = random.pick([0, 0xff]);
    return overwrite(bytes, random, () => value);
  },
  integer: setInteger,
};

/** One to three of the mutations, one after the other; says which. */
export function mutate(
  bytes: Buffer,
  mutations: Record<string, Mutation>,
  random: Random,
): { bytes: Buffer; names: string[] } {
  const names = Array.from({ length: 1 + random.below(3) }, () =>
    random.pick(Object.keys(mutations)),
  );
  const changed = names.reduce(
    // Nothing is left to change of what was cut off entirely.
    (before, name) => (before.length > 0 ? (mutations[name]?.(before, random) ?? before) : before),
    bytes,
  );
  return { bytes: changed, names };
}
