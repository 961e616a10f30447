// Whether the time that a key takes to be checked tells anything of it: node
// services/api/test/key-timing.ts [TRIES] prints, for pairs of keys tried by turns in random order,
// medians and Welch's t. Beyond 4.5 a difference counts as seen (the threshold of dudect).
import { randomBytes } from 'node:crypto';
import { ApiKeys } from '../src/api-keys.ts';
import { readConfig } from '../src/config.ts';

const TRIES = Number(process.argv[2] ?? 10_000);
/** Of the slowest tries, in which something else ran. */
const DISCARDED = 0.05;

const random = () => randomBytes(24).toString('hex');
const valid = Array.from({ length: 10 }, random);
const [first = '', last = ''] = [valid[0], valid.at(-1)];
const keys = new ApiKeys(readConfig({ API_KEYS: valid.join(',') }));

const butOne = (key: string) => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
const half = (key: string) => key.slice(0, 24) + random().slice(24);

const classes = {
  'right, first of 10': () => first,
  'right, last of 10': () => last,
  'wrong in the last character': () => butOne(first),
  'wrong in the second half': () => half(first),
  'wholly wrong': random,
};
type Name = keyof typeof classes;
const names = Object.keys(classes) as Name[];
const times = Object.fromEntries(names.map((name) => [name, [] as number[]]));

function attempt(bytes: Buffer): number {
  // A new string each time, as from a request.
  const key = bytes.toString();
  const started = process.hrtime.bigint();
  keys.find(key);
  return Number(process.hrtime.bigint() - started);
}

// Made beforehand: whatever makes a key leaves its traces in the caches, and 40 ns in the figures.
const tries = names.flatMap((name) =>
  Array.from({ length: TRIES }, () => ({
    name,
    key: Buffer.from(classes[name]()),
    rank: Math.random(),
  })),
);
tries.sort((a, b) => a.rank - b.rank);
for (const { key } of tries) attempt(key); // warms up
for (const { name, key } of tries) times[name]?.push(attempt(key));

function figures(name: Name) {
  const sorted = (times[name] ?? []).toSorted((a, b) => a - b);
  const kept = sorted.slice(0, Math.floor(sorted.length * (1 - DISCARDED)));
  const mean = kept.reduce((sum, ns) => sum + ns, 0) / kept.length;
  const variance = kept.reduce((sum, ns) => sum + (ns - mean) ** 2, 0) / (kept.length - 1);
  return { mean, median: sorted[sorted.length >> 1], error: variance / kept.length };
}

const base = figures('wholly wrong');
for (const name of names) {
  const { mean, median, error } = figures(name);
  const t = (mean - base.mean) / Math.sqrt(error + base.error);
  const line = `median ${median} ns, mean ${mean.toFixed(0)} ns, t against wholly wrong ${t.toFixed(2)}`;
  process.stdout.write(`${name.padEnd(28)} ${line}\n`);
}
