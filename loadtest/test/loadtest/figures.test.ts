import { describe, expect, it } from 'vitest';
import { type Answer, splitOf } from '../../src/loadtest/answers.ts';
import { cellOf, figuresOf, type Measured, spread } from '../../src/loadtest/figures.ts';
import { Meter } from '../../src/loadtest/processes.ts';
import { Progress } from '../../src/loadtest/progress.ts';
import { scalingOf } from '../../src/loadtest/scaling.ts';
import { instructionSetsOf } from '../../src/machine.ts';
import { problemCode } from '../../src/problem-code.ts';
import { cellOf as cell, reportOf } from './report.ts';

const TIMING = 'upload;dur=1, queue;dur=2.5, decode;dur=4, inference;dur=10, total;dur=17.5';

const answer = (dueAt: number, ms: number, part: Partial<Answer> = {}): Answer => ({
  dueAt,
  answeredAt: dueAt + ms,
  status: 200,
  code: null,
  serverTiming: TIMING,
  ...part,
});

const measured = (answers: Answer[], cpuMs = 10): Measured => ({
  answers,
  from: 1000,
  to: 2000,
  processes: [{ name: 'API', cpuMs, cores: 0.5, rssMb: 100, peakMb: 100 + cpuMs }],
});

describe('an answer', () => {
  it('tells where its time went; the reply is what the client waited beyond', () => {
    expect(splitOf(answer(0, 20))).toEqual({
      upload: 1,
      queue: 2.5,
      decode: 4,
      inference: 10,
      reply: 2.5,
    });
  });

  it('takes no time for the reply where the service rounded up', () => {
    expect(splitOf(answer(0, 17.46))?.reply).toBe(0);
  });

  it('tells nothing without its header', () => {
    expect(splitOf(answer(0, 20, { serverTiming: null }))).toBeNull();
    expect(splitOf(answer(0, 20, { serverTiming: 'total;dur=3' }))).toBeNull();
  });

  it('counts by the code of its problem, and never by a text of another server', () => {
    expect(problemCode(503, '{"code":"QUEUE_FULL"}')).toBe('QUEUE_FULL');
    expect(problemCode(502, '{"code":"<b>"}')).toBe('HTTP 502');
    expect(problemCode(502, 'Bad gateway')).toBe('HTTP 502');
    expect(problemCode(500, 'null')).toBe('HTTP 500');
  });
});

describe('a run', () => {
  it('counts latencies from when the load was as wanted, and of answers with 200 only', () => {
    const early = answer(900, 500);
    const refused = answer(1100, 1, { status: 503, code: 'QUEUE_FULL' });
    const good = [100, 200, 300].map((ms) => answer(1100, ms));
    const figures = figuresOf(measured([early, refused, ...good]));
    expect(figures).toMatchObject({ answered: 3, latency: { p50: 200, max: 300 } });
  });

  it('counts throughput until the load ends, latency until the last answer', () => {
    const answers = [100, 200, 300, 2000].map((ms) => answer(1000, ms));
    const { perSecond, latency } = figuresOf(measured(answers));
    expect(perSecond).toBe(10);
    expect(latency?.max).toBe(2000);
  });

  it('counts throughput of what was sent before, or a wait longer than the run would leave none', () => {
    const answers = [1200, 1300, 1400].map((at) => answer(100, at - 100));
    expect(figuresOf(measured(answers)).perSecond).toBe(10);
  });

  it('has no figures without answers', () => {
    const none = figuresOf(measured([answer(1100, 1, { status: 0, code: 'TIMEOUT' })]));
    expect(none).toEqual({ perSecond: 0, answered: 0, latency: null, split: null });
  });
});

describe('a cell', () => {
  it('has the medians of its runs, the highest maximum, and all errors', () => {
    const runs = [10, 40, 20].map((ms, i) =>
      measured(
        [answer(1000, ms), answer(1500, ms), answer(1600, 1, { status: 503, code: 'QUEUE_FULL' })],
        i,
      ),
    );
    const found = cellOf(2, { mode: 'closed', users: 8 }, runs);
    expect(found).toMatchObject({ workers: 2, answered: 6, errors: { QUEUE_FULL: 3 } });
    expect(found.latency).toMatchObject({ p50: 20, max: 40 });
    expect(found.runs.map(({ p50 }) => p50)).toEqual([10, 40, 20]);
    expect(found.processes).toEqual([
      { name: 'API', cpuMs: 1, cores: 0.5, rssMb: 100, peakMb: 102 },
    ]);
  });

  it('has percentiles by the nearest value', () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1);
    expect(spread(values)).toEqual({ mean: 50.5, p50: 50, p90: 90, p95: 95, p99: 99, max: 100 });
  });
});

describe('processes', () => {
  it('are measured from the start of the meter', async () => {
    const meter = await Meter.start([{ name: 'this', pid: process.pid }]);
    const [use] = await meter.stop(0);
    expect(use).toMatchObject({ name: 'this', cpuMs: null });
    expect(use?.rssMb).toBeGreaterThan(10);
  });

  it('that have ended are an error with their name', async () => {
    const gone = Meter.start([{ name: 'worker 1', pid: 2 ** 22 + 1 }]);
    await expect(gone).rejects.toThrow('worker 1 ended during the load test');
  });
});

describe('scaling', () => {
  it('compares the photos of each worker with those of each where there are fewest', () => {
    const closed = (workers: number, users: number, perSecond: number) =>
      cell({ workers, perSecond, load: { mode: 'closed', users } });
    const cells = [closed(1, 1, 20), closed(1, 8, 50), closed(2, 8, 75), closed(2, 1, 20)];
    const found = scalingOf(reportOf({ cells }));
    expect(found.map(({ workers, efficiency }) => [workers, efficiency])).toEqual([
      [1, 1],
      [2, 0.75],
    ]);
  });
});

describe('progress', () => {
  it('leaves out what would end after the limit, and counts on', () => {
    const lines: string[] = [];
    const progress = new Progress({ steps: 12, limitMs: 1000 }, (line) => lines.push(line));
    expect(progress.allows(900_000)).toBe(false);
    expect(progress.allows(1)).toBe(true);
    progress.done('that was it');
    expect(lines).toEqual(['[ 2/12 0:00] that was it']);
    expect(progress.skipped).toBe(1);
  });
});

it('names the instruction sets that matter, each once', () => {
  const cpuinfo = 'flags : fpu avx2 avx512_vnni\nflags : fpu avx2 avx512_vnni\n';
  expect(instructionSetsOf(cpuinfo)).toEqual(['avx2', 'avx512_vnni']);
});
