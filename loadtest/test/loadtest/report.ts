// A report for tests, with whatever the test does not care about filled in.
import type { Cell, Report, Spread } from '../../src/loadtest/results.ts';

export const spreadOf = (value: number): Spread => ({
  mean: value,
  p50: value,
  p90: value,
  p95: value,
  p99: 2 * value,
  max: 3 * value,
});

export function cellOf(part: Partial<Cell> = {}): Cell {
  const perSecond = part.perSecond ?? 50;
  const p50 = part.latency?.p50 ?? 20;
  return {
    workers: 1,
    load: { mode: 'closed', users: 1 },
    runs: [0.9, 1, 1.1].map((factor) => ({
      perSecond: Math.round(factor * perSecond),
      p50: Math.round(factor * p50),
      p99: Math.round(factor * 2 * p50),
    })),
    perSecond,
    answered: 100,
    latency: spreadOf(p50),
    split: {
      upload: spreadOf(1),
      queue: spreadOf(2),
      decode: spreadOf(5),
      inference: spreadOf(10),
      reply: spreadOf(2),
    },
    errors: {},
    lateMs: null,
    processes: [
      { name: 'API', cpuMs: 2, cores: 0.1, rssMb: 150, peakMb: 160 },
      { name: 'worker 1', cpuMs: 15, cores: 0.8, rssMb: 250, peakMb: 260 },
      { name: 'worker 2', cpuMs: 16, cores: 0.8, rssMb: 250, peakMb: 261 },
    ],
    ...part,
  };
}

export function reportOf(part: Partial<Report> = {}): Report {
  return {
    format: 'synset-loadtest-1',
    date: '2026-11-22T12:00:00.000Z',
    command: 'make loadtest',
    seconds: 240,
    url: null,
    machine: {
      cpu: 'CPU',
      cores: 2,
      instructionSets: ['avx2'],
      memoryGb: 24,
      kernel: '6.1',
      node: '24',
      onnxruntime: '1',
      sharp: '0',
      redis: '7',
    },
    model: { name: 'testcard-int8', trained: false, sha256: 'a'.repeat(64) },
    photos: [{ name: '500 x 375', share: 1, kb: 100 }],
    runs: 3,
    runSeconds: 5,
    cells: [cellOf()],
    backlog: [{ jobs: 0, photosMb: 0, usedMb: 1, rssMb: 10 }],
    notes: [],
    ...part,
  };
}
