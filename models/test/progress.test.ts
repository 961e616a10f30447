// What a download shows on a terminal, and where there is none.
import { describe, expect, it } from 'vitest';
import { Progress } from '../src/download/progress.ts';

const MB = 1_000_000;

function screen(isTTY: boolean, columns = 100) {
  let [text, time] = ['', 0];
  const write = (more: string) => {
    text += more;
  };
  const written = { isTTY, columns, write };
  const progress = new Progress(written, 'model: ', () => time);
  return {
    progress,
    at(ms: number, done: number) {
      time = ms;
      progress.progress(done, 100 * MB);
    },
    take() {
      const taken = text;
      text = '';
      return taken;
    },
  };
}

describe('on a terminal', () => {
  it('a bar is drawn over itself, with speed and time left', () => {
    const { at, take } = screen(true);
    at(0, 10 * MB);
    expect(take()).toBe(`\rmodel: ${'█'.repeat(2)}${'░'.repeat(14)}  10 % of 100.0 MB\x1b[K`);
    at(50, 20 * MB);
    expect(take()).toBe(''); // nobody sees more than ten a second
    at(1000, 30 * MB);
    expect(take()).toContain(' 30 % of 100.0 MB, 20.0 MB/s, 4 s left');
    at(2000, 31 * MB);
    expect(take()).toContain('10.5 MB/s, 7 s left');
  });

  it('lines of text go below it', () => {
    const { progress, at, take } = screen(true);
    progress.say('first');
    at(0, MB);
    progress.say('second');
    const bar = `\rmodel: ${'░'.repeat(16)}   1 % of 100.0 MB\x1b[K`;
    expect(take()).toBe(`model: first\n${bar}\nmodel: second\n`);
    at(1000, 2 * MB);
    progress.end();
    progress.end();
    expect(take()).toMatch(/^[^\n]*\n$/);
  });

  it('it never wraps', () => {
    const { at, take } = screen(true, 30);
    at(0, MB);
    expect(take()).toHaveLength('\r\x1b[K'.length + 29);
  });
});

describe('elsewhere', () => {
  it('there is a line every five seconds, and one at the end', () => {
    const { at, take } = screen(false);
    for (let second = 0; second <= 12; second++) at(second * 1000, second * 4 * MB);
    at(12_500, 100 * MB);
    const lines = take().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toBe('model:   0 % of 100.0 MB');
    expect(lines[2]).toBe('model:  40 % of 100.0 MB, 4.0 MB/s, 15 s left');
    expect(lines[3]).toMatch(/^model: 100 % of 100\.0 MB, [\d.]+ MB\/s$/);
  });

  it('what was there before is not taken for speed, and starting anew not for a loss', () => {
    const { at, take } = screen(false);
    at(0, 50 * MB);
    at(6000, 56 * MB);
    expect(take()).toContain(', 1.0 MB/s, 44 s left');
    at(12_000, 0);
    at(18_000, 12 * MB);
    expect(take()).toContain(' 12 % of 100.0 MB, 2.0 MB/s, 44 s left');
  });

  it('a stop of the flow is shown as such', () => {
    const { at, take } = screen(false);
    at(0, MB);
    at(6000, MB);
    expect(take()).toContain('0.0 MB/s, ? left');
  });

  it('long times are shown in minutes', () => {
    const { at, take } = screen(false);
    at(0, 0);
    at(10_000, MB);
    expect(take()).toContain('16 min 30 s left');
  });
});
