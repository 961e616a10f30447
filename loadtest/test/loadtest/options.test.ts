import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@synset/shared';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readOptions } from '../../src/loadtest/options.ts';
import { makePlan } from '../../src/loadtest/plan.ts';
import { reportOf } from './report.ts';

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'synset-loadtest-options-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'old.json'), text);
  return join(folder, 'old.json');
}

describe('options', () => {
  it('takes lists in any order, each value once', () => {
    const options = readOptions(['--users', '8, 1,64,8', '--workers=2,1', '--seconds=0.5']);
    expect(options).toMatchObject({ users: [1, 8, 64], workers: [1, 2], seconds: 0.5, url: null });
  });

  it('takes the host and port of a service', () => {
    expect(readOptions(['--url=http://localhost:3000/']).url).toBe('http://localhost:3000');
  });

  it('takes an empty value, as make gives it, for none', () => {
    expect(readOptions(['--url=', '--users=']).users).toEqual([1, 8, 32, 64]);
  });

  it.each([
    ['--users=0', 'users: must be up to 8 numbers from 1 to 1000'],
    ['--users=1,x', 'users: must be'],
    ['--users=1,2,3,4,5,6,7,8,9', 'users: must be up to 8'],
    ['--workers=65', 'workers: must be up to 8 numbers from 1 to 64'],
    ['--seconds=soon', 'seconds: must be a number'],
    ['--url=localhost:3000', 'url: must be an address such as http://'],
    ['--url=http://host/path', 'url: must be host and port only'],
    ['--url=http://host --workers=2', 'workers: how many are started'],
    ['--url=http://host --model=x', 'model: what is started'],
    ['--against=/nowhere', 'against: /nowhere: '],
    ['--colour=red', "Unknown option '--colour'"],
    ['more', 'Unexpected argument'],
  ])('refuses %s in a line', (args, message) => {
    const read = () => readOptions(args.split(' '));
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(message);
  });

  it('reads the report to compare with, and refuses another file', () => {
    const report = reportOf();
    expect(readOptions(['--against', fileWith(JSON.stringify(report))]).against).toEqual(report);
    const wrong = fileWith('{"format":"synset-loadtest-1"}');
    expect(() => readOptions(['--against', wrong])).toThrow('not a report.json of a load test');
    expect(() => readOptions(['--against', fileWith('no JSON')])).toThrow('not valid JSON');
  });
});

describe('the plan', () => {
  it('takes at most five minutes, by runs as long as fit in', () => {
    const plan = makePlan(readOptions(['--workers=1,2']));
    expect(plan.limitMs).toBe(300_000);
    expect(plan.expectedMs).toBeLessThan(plan.limitMs);
    expect(plan.runMs).toBeGreaterThan(4000);
    expect(makePlan(readOptions(['--workers=1,2,3'])).runMs).toBeLessThan(plan.runMs);
  });

  it('counts its steps: each load three times, and the backlog', () => {
    expect(makePlan(readOptions(['--users=1,8', '--workers=1,2'])).steps).toBe(2 * 3 * 5 + 1);
    expect(makePlan(readOptions(['--users=1', '--url=http://host'])).steps).toBe(3 * 4);
  });

  it('refuses what does not fit in, and says how it can be had', () => {
    const args = ['--users=1,2,4,8,16,32,64,128', '--workers=1,2,3,4,5,6,7,8'];
    expect(() => makePlan(readOptions(args))).toThrow(/more than 5 minutes.*seconds=1 makes it/);
    expect(makePlan(readOptions([...args, '--seconds=1'])).runMs).toBe(1000);
  });
});
