import { describe, expect, it } from 'vitest';
import {
  addedMs,
  median,
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
