import { expect, it } from 'vitest';
import { report } from '../../src/bench/report.ts';
import type { Results } from '../../src/bench/results.ts';
import { atMost } from '../../src/limits.ts';
import { estimate } from '../../src/statistics.ts';

const machine = {
  cpu: 'a CPU',
  cores: 2,
  memoryGb: 24,
  kernel: '6',
  node: '24',
  onnxruntime: '1',
  sharp: '0',
  redis: '7',
  instructionSets: [],
};
const base = {
  date: '',
  command: 'node bench.ts',
  machine,
  verdicts: [atMost('time', 1, 2, 'ms')],
};
const tables = (results: Results) => report(results).split('\n\n').length - 1;

it('shows only the parts that were measured', () => {
  const pairs = { first: 2, second: 1, ratio: estimate([2, 2.5, 2.5]) };
  expect(tables(base)).toBe(1);
  expect(tables({ ...base, cached: pairs })).toBe(2);
  expect(report({ ...base, cached: pairs })).toContain('|   2.0 |    1.0 | 2.50 (2.00..2.50) |');
  const cpu = { api: 1, redis: 1, worker: 1 };
  const machinery = { cpuMs: estimate([3]), cpu, perSecond: 300 };
  expect(report({ ...base, machinery })).toContain('| machinery alone   | 3.00 | 1.00 |');
});
