import { expect, it } from 'vitest';
import { cpuMs, cpuMsOf } from '../src/cpu.ts';

it('adds user and system time, of ended children too', () => {
  const times = '120 30 4 1';
  const stat = `4711 (node (a) b) S 1 4711 4711 0 -1 4194304 100 0 0 0 ${times} 20 0 11 0 5000 1000`;
  expect(cpuMs(stat)).toBe(1550);
});

it('grows with what a process computes', async () => {
  const before = await cpuMsOf(process.pid);
  while (process.cpuUsage().user / 1000 < before + 50);
  expect(await cpuMsOf(process.pid)).toBeGreaterThan(before);
});
