import { describe, expect, it } from 'vitest';
import { growthOf } from '../src/reliability/growth.ts';
import { served } from '../src/reliability/overload.ts';
import { outcome, summarize } from '../src/reliability/recovery.ts';
import { latencies, type Sent, waits } from '../src/reliability/sent.ts';
import { summarize as summarizeSlow } from '../src/reliability/slow.ts';
import { judgeOverload, judgeRecovery, judgeSlow, judgeSoak } from '../src/reliability/verdicts.ts';

const sent = (part: Partial<Sent>): Sent => ({
  dueAt: 1000,
  startedAt: 1001,
  writtenAt: 1002,
  answeredAt: 1010,
  status: 200,
  hasRetryAfter: false,
  code: null,
  serverTiming: null,
  ...part,
});

describe('the sender', () => {
  it('counts from the turn of a request, or from its last byte', () => {
    expect(latencies([sent({})])).toEqual([10]);
    expect(waits([sent({})])).toEqual([8]);
  });
});

describe('recovery', () => {
  it('looks at the requests that were under way at the kill', () => {
    const before = sent({ startedAt: 900, answeredAt: 999 });
    const during = [4000, 5000].map((answeredAt) => sent({ startedAt: 1000, answeredAt }));
    const after = sent({ startedAt: 1001, answeredAt: 9000, status: 503 });
    expect(outcome([before, ...during, after], 1000)).toEqual({
      underWay: 2,
      slowestMs: 4000,
      failed: 1,
    });
  });

  it('is judged by the median and the worst of the kills', () => {
    const kills = [3000, 11_000, 4000].map((slowestMs) => ({ underWay: 1, slowestMs, failed: 0 }));
    const recovery = { perSecond: 20, ...summarize(kills) };
    expect(recovery).toMatchObject({ medianMs: 4000, worstMs: 11_000, failed: 0 });
    expect(judgeRecovery(recovery).map(({ ok }) => ok)).toEqual([true, false, true]);
  });
});

describe('overload', () => {
  const refused = sent({ status: 503, hasRetryAfter: true });
  const late = sent({ answeredAt: 2500 });

  it('counts as served a second what was answered while requests were sent', () => {
    const figures = served([sent({}), refused, late], 1000);
    expect(figures).toMatchObject({ perSecond: 1, byStatus: { 200: 2, 503: 1 } });
    expect(figures.latencyMs.max).toBe(1500);
    expect(figures.refusedMs.max).toBe(8);
  });

  it('misses what is neither served nor refused with Retry-After', () => {
    const all = [sent({}), refused, sent({ status: 503 }), sent({ status: 504 })];
    const figures = { ...served(all, 1000), capacity: 1, sentPerSecond: 4, memory: [] };
    const missed = judgeOverload(figures).filter(({ ok }) => !ok);
    expect(missed.map(({ what, value }) => [what, value])).toEqual([
      ['overload: refused without Retry-After', 1],
      ['overload: neither served nor refused', 1],
    ]);
  });

  it('is missed when nothing was refused', () => {
    const figures = { ...served([sent({})], 1000), capacity: 1, sentPerSecond: 1, memory: [] };
    const missed = judgeOverload(figures).filter(({ ok }) => !ok);
    expect(missed.map(({ what }) => what)).toEqual(['overload: refused within, p99']);
  });
});

describe('slow clients', () => {
  const end = { afterMs: 10_000, status: 408 };
  const kinds = ['headers', 'upload', 'large upload', 'answer'] as const;
  const ends = kinds.map((kind) => ({ ...end, kind, status: kind === 'answer' ? 0 : 408 }));
  const times = { p50: 1, p99: 10, max: 10 };
  const good = {
    clients: 4,
    perSecond: 1,
    quietMs: times,
    slowMs: times,
    failed: 0,
    left: 0,
    held: [],
  };
  const missed = (slow: Parameters<typeof judgeSlow>[0]) =>
    judgeSlow(slow).flatMap(({ what, ok }) => (ok ? [] : [what.replace('slow clients: ', '')]));

  it('harm nobody, and are cut off', () => {
    const cutOffs = summarizeSlow(ends, 4);
    expect(cutOffs.map(({ clients, cut }) => [clients, cut])).toEqual(Array(4).fill([1, 1]));
    expect(missed({ ...good, cutOffs })).toEqual([]);
  });

  it('are seen to harm', () => {
    const cutOffs = summarizeSlow(ends, 4);
    const all = { ...good, cutOffs };
    const slowMs = { ...times, p99: 16 };
    expect(missed({ ...all, slowMs })).toEqual(['p99 of others / without']);
    expect(missed({ ...all, failed: 1 })).toEqual(['failed of others']);
    expect(missed({ ...all, held: ['an upload was refused'] })).toEqual(['bytes in flight kept']);
    expect(missed({ ...all, left: 1 })).toEqual(['not cut off']);
    const unseen = missed({ ...good, cutOffs: summarizeSlow(ends.slice(1), 4) });
    expect(unseen).toEqual(['without a 408']);
    const wrongly = ends.with(0, { ...end, kind: 'headers', status: 503 });
    const others = missed({ ...good, cutOffs: summarizeSlow(wrongly, 4) });
    expect(others).toEqual(['without a 408']);
  });
});

describe('memory', () => {
  const samples = Array.from({ length: 100 }, (_, second) => ({
    at: 5000 + second * 1000,
    mb: { API: second < 60 ? 100 : 100 + second, Redis: second === 70 ? 99 : 50 },
  }));

  it('compares the end of the first minute with the last ten seconds', () => {
    const [api, redis] = growthOf(samples, 100_000);
    expect(api).toMatchObject({ process: 'API', fromMb: 100, toMb: 194.5, peakMb: 199 });
    expect(api?.growth).toBeCloseTo(94.5);
    expect(redis).toMatchObject({ fromMb: 50, toMb: 50, peakMb: 99, growth: 0 });
  });

  it('looks earlier in a run of less than some minutes', () => {
    const [api] = growthOf(samples.slice(0, 80), 80_000);
    expect(api).toMatchObject({ fromMb: 100, toMb: 174.5 });
  });

  it('is judged for each process', () => {
    const memory = growthOf(samples, 100_000);
    const latencyMs = { p50: 1, p99: 1, max: 1 };
    const verdicts = judgeSoak({ perSecond: 1, latencyMs, byStatus: {}, failed: 0, memory });
    expect(verdicts.filter(({ ok }) => !ok).map(({ what }) => what)).toEqual([
      'soak: growth of API',
    ]);
  });
});
