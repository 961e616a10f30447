import { describe, expect, it } from 'vitest';
import {
  addedMs,
  median,
  medianInterval,
  memoryField,
  percentile,
  perSecond,
  throughput,
} from '../src/statistics.ts';

describe('percentile', () => {
  it('takes the nearest value, whatever the order', () => {
    const values = [50, 10, 40, 20, 30];
    expect(percentile(values, 0.5)).toBe(30);
    expect(percentile(values, 0.99)).toBe(50);
    expect(percentile(values, 0)).toBe(10);
  });

  it('is no number without values', () => {
    expect(percentile([], 0.5)).toBeNaN();
  });
});

describe('median', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe('medianInterval', () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => count - i);

  it('leaves out at both ends what chance alone would put on one side', () => {
    // The ranks of the sign test's tables.
    expect(medianInterval(upTo(6))).toEqual([1, 6]);
    expect(medianInterval(upTo(15))).toEqual([4, 12]);
    expect(medianInterval(upTo(100))).toEqual([40, 61]);
  });

  it('is all of them when they are few', () => {
    expect(medianInterval([3, 1, 2])).toEqual([1, 3]);
    expect(medianInterval([7])).toEqual([7, 7]);
    expect(medianInterval([])).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('throughput', () => {
  it('counts what was done after the first moment until the last', () => {
    expect(throughput([100, 150, 200])).toEqual({ count: 2, ms: 100 });
    expect(perSecond({ count: 2, ms: 100 })).toBe(20);
  });
});

describe('memoryField', () => {
  const status = 'Name:\tnode\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n';

  it('reads megabytes', () => {
    expect(memoryField(status, 'VmHWM')).toBe(200);
    expect(memoryField(status, 'VmRSS')).toBe(100);
  });

  it('refuses a text without the field', () => {
    expect(() => memoryField('Name:\tnode\n', 'VmRSS')).toThrow('VmRSS');
  });
});

describe('addedMs', () => {
  it('is what the client waited beyond decoding and inference', () => {
    const body = JSON.stringify({ timings: { decodeMs: 4.5, inferenceMs: 10 } });
    expect(addedMs(body, 20)).toBe(5.5);
  });

  it('refuses an answer without timings', () => {
    expect(() => addedMs('{}', 20)).toThrow('timings');
  });
});
