// The report as data: what report.json holds, and what is read back from it to compare.
import { z } from 'zod';

/** Where the time of an answer goes; `reply` is HTTP both ways: what the client waited beyond the rest. */
export const parts = ['upload', 'queue', 'decode', 'inference', 'reply'] as const;
export type Part = (typeof parts)[number];

const amount = z.number().nonnegative();
const count = z.int().nonnegative();

/** Milliseconds. */
const spread = z.object({
  mean: amount,
  p50: amount,
  p90: amount,
  p95: amount,
  p99: amount,
  max: amount,
});

const load = z.discriminatedUnion('mode', [
  /** Each user sends the next photo when the last is answered. */
  z.object({ mode: z.literal('closed'), users: count }),
  /** Photos come at a rate, whatever the answers; `share` is that of the closed loop's best. */
  z.object({ mode: z.literal('fixed'), share: amount, perSecond: amount }),
]);

const processUse = z.object({
  name: z.string(),
  /** Of each photo answered; null where none was. */
  cpuMs: amount.nullable(),
  /** Cores busy on average. */
  cores: amount,
  rssMb: amount,
  peakMb: amount,
});

const cell = z.object({
  workers: count,
  load,
  /** What each run found: how far they lie apart is how much a figure can be trusted. */
  runs: z.array(z.object({ perSecond: amount, p50: amount.nullable(), p99: amount.nullable() })),
  /** Answers with 200 a second. This and all below are medians of the runs, but for sums and maxima. */
  perSecond: amount,
  /** Answers with 200 whose time counts. */
  answered: count,
  latency: spread.nullable(),
  /** Null where the answers did not tell. */
  split: z.record(z.enum(parts), spread).nullable(),
  /** How many answers there were of each kind but 200. */
  errors: z.record(z.string(), count),
  /** How late the sender was, p99; it is part of the latency. */
  lateMs: amount.nullable(),
  processes: z.array(processUse),
});

const backlogRow = z.object({ jobs: count, photosMb: amount, usedMb: amount, rssMb: amount });

const machine = z.object({
  cpu: z.string(),
  cores: count,
  instructionSets: z.array(z.string()),
  memoryGb: amount,
  kernel: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
  sharp: z.string(),
  redis: z.string(),
});

const model = z.object({ name: z.string(), trained: z.boolean(), sha256: z.string() });

export const reportSchema = z.object({
  format: z.literal('synset-loadtest-1'),
  date: z.iso.datetime(),
  command: z.string(),
  seconds: amount,
  /** Null: it was started for the test. */
  url: z.string().nullable(),
  machine,
  model,
  photos: z.array(z.object({ name: z.string(), share: amount, kb: amount })),
  runs: count,
  runSeconds: amount,
  cells: z.array(cell),
  backlog: z.array(backlogRow),
  /** What did not go as planned. */
  notes: z.array(z.string()),
});

export type Spread = z.infer<typeof spread>;
export type Load = z.infer<typeof load>;
export type Split = Record<Part, Spread>;
export type ProcessUse = z.infer<typeof processUse>;
export type Cell = z.infer<typeof cell>;
export type BacklogRow = z.infer<typeof backlogRow>;
export type Model = z.infer<typeof model>;
export type PhotoShare = z.infer<typeof reportSchema>['photos'][number];
export type Report = z.infer<typeof reportSchema>;
