// `make loadtest` from end to end, with runs of half a second: what it finds is no figure.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { descendantsOf, type Program, runProgram, untilEnded } from '@synset/shared/testing';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Report, reportSchema } from '../src/loadtest/results.ts';
import { Service } from '../src/service.ts';

const SCRIPT = new URL('../src/loadtest.ts', import.meta.url);
const modelDir = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';
const SHORT = ['--users=2', '--seconds=0.5'];
const OWN = ['--workers=1', '--model=testcard-int8', `--model-dir=${modelDir}`];
const FILES = ['REPORT.md', 'report.csv', 'report.html', 'report.json'];

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'synset-loadtest-out-'));
});
afterAll(() => rm(out, { recursive: true, force: true }));

function run(folder: string, ...args: string[]): Program {
  // What a killed one leaves behind lies in a folder that is removed.
  const env = { TMPDIR: out };
  const program = runProgram(SCRIPT, env, [...SHORT, `--out=${join(out, folder)}`, ...args]);
  onTestFinished(async () => {
    program.process.kill('SIGTERM');
    await program.exit;
  });
  return program;
}

const textOf = (folder: string, file: string) => readFile(join(out, folder, file), 'utf8');

const reportIn = async (folder: string): Promise<Report> =>
  reportSchema.parse(JSON.parse(await textOf(folder, 'report.json')));

test('measures a service that it starts, and leaves a report and no process', {
  timeout: 120_000,
}, async () => {
  const program = run('own', ...OWN);
  await program.printed('13/13');
  const processes = descendantsOf(program.process.pid as number);
  expect(await program.exit).toBe(0);
  await untilEnded(processes);
  expect((await readdir(join(out, 'own'))).sort()).toEqual(FILES);
  const report = await reportIn('own');
  expect(report.cells.map(({ load }) => load.mode)).toEqual(['closed', 'fixed', 'fixed', 'fixed']);
  for (const { runs, split, errors, processes } of report.cells) {
    expect(runs).toHaveLength(3);
    expect(split?.inference.p50).toBeGreaterThan(0);
    expect(errors).toEqual({});
    const names = processes.map(({ name }) => name);
    expect(names).toEqual(['API', 'worker 1', 'Redis', 'load generator']);
    expect(processes.every(({ cpuMs }) => cpuMs !== null && cpuMs > 0)).toBe(true);
  }
  const waiting = report.backlog.map(({ usedMb }) => usedMb);
  expect(report.backlog.map(({ jobs }) => jobs)).toEqual([0, 100, 250, 500, 1000]);
  expect(waiting).toEqual(waiting.toSorted((a, b) => a - b));
  expect(await textOf('own', 'report.html')).not.toMatch(/NaN|undefined|<script/);
});

test('measures a service that runs, leaves it running, and compares', {
  timeout: 120_000,
}, async () => {
  await using closing = new AsyncDisposableStack();
  const folder = join(out, 'service');
  const settings = { model: 'testcard-int8', modelDir, folder, sessions: 0, threads: 0 };
  const { url } = await Service.start({ ...settings, workers: 2 }, closing);
  const against = join(out, 'own', 'report.json');
  const program = run('running', `--url=${url}`, `--against=${against}`);
  expect(await program.exit).toBe(0);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const report = await reportIn('running');
  expect(report).toMatchObject({ url, backlog: [], model: { name: 'testcard-int8' } });
  expect(report.cells[0]?.workers).toBe(2);
  expect(report.cells[0]?.processes.map(({ name }) => name)).toEqual(['load generator']);
  const markdown = await textOf('running', 'REPORT.md');
  expect(markdown).toContain('## What changed');
  expect(markdown).toContain('Another service: before started for the test');
});

test('killed without warning, its processes end by themselves', { timeout: 60_000 }, async () => {
  const program = run('killed', ...OWN);
  await program.printed('2/13'); // in the middle of the load
  const processes = descendantsOf(program.process.pid as number);
  expect(processes.length).toBe(6); // main, Redis, API, worker, and two that send
  program.process.kill('SIGKILL');
  await untilEnded(processes);
});

test('Ctrl-C ends everything, and leaves no half of a report', { timeout: 60_000 }, async () => {
  const program = run('stopped', ...OWN);
  await program.printed('2/13');
  const processes = descendantsOf(program.process.pid as number);
  program.process.kill('SIGINT');
  expect(await program.exit).toBe(130);
  await untilEnded(processes);
  expect(await readdir(join(out, 'stopped'))).toEqual([]);
});

test.each([
  [['--users=none'], 2, 'synset loadtest: bad setting: users: must be up to 8 numbers'],
  [['--against=/nowhere'], 2, 'synset loadtest: bad setting: against: /nowhere: '],
  [['--url=http://127.0.0.1:9'], 1, 'synset loadtest: http://127.0.0.1:9/readyz: no answer ('],
])('%j ends it with a line', async (args, code, line) => {
  const program = run('refused', ...args);
  expect(await program.exit).toBe(code);
  expect(program.output()).toContain(line);
});
