// Alert rules, dashboard and their README against what a running system tells.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort, samplesOf, testPhoto } from '@synset/shared/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { predict, startSystem, type TestSystem } from './system.ts';

const FOLDER = new URL('../../../observability/', import.meta.url);
/** Samples that Prometheus makes itself. */
const OF_PROMETHEUS = new Set(['up', 'ALERTS']);
const LABELS_OF_PROMETHEUS = new Set(['job', 'instance', 'alertstate']);

const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');

interface Panel {
  title: string;
  type: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string }[];
}

const { panels } = JSON.parse(read('grafana/dashboards/synset.json')) as { panels: Panel[] };
const charts = panels.filter(({ type }) => type !== 'row');

let system: TestSystem;
/** What API and worker tell, as text. */
let texts: string[];
/** Labels of each sample. */
const labels = new Map<string, Set<string>>();

beforeAll(async () => {
  const port = await freePort();
  system = await startSystem({ METRICS_PORT: `${port}` });
  // Requests have labels that are there from the first one on.
  expect((await predict(system.url, testPhoto('nagasaki-boats'))).status).toBe(200);
  const urls = [`${system.url}/metrics`, `http://127.0.0.1:${port}/metrics`];
  texts = await Promise.all(urls.map(async (url) => await (await fetch(url)).text()));
  for (const sample of texts.flatMap((text) => [...samplesOf(text).keys()])) {
    const [name = ''] = sample.split('{', 1);
    const known = labels.get(name) ?? new Set();
    for (const [, label = ''] of sample.matchAll(/[{,](\w+)="/g)) known.add(label);
    labels.set(name, known);
  }
});

afterAll(() => system.end());

/** Names of metrics in a query, with the labels that it asks for. */
function* askedFor(query: string): Generator<[name: string, asked: string[]]> {
  const bare = query.replaceAll(/\b(by|on|group_left)\s*\([^)]*\)/g, '');
  for (const [, name = '', matchers = ''] of bare.matchAll(
    /\b((?:synset|process|nodejs)_\w+|up|ALERTS)\b(?:\{([^}]*)\})?/g,
  )) {
    yield [name, [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label)];
  }
}

function expectToExist(query: string): void {
  const asked = [...askedFor(query)];
  expect(asked, query).not.toEqual([]);
  for (const [name, wanted] of asked) {
    if (!OF_PROMETHEUS.has(name)) expect([...labels.keys()]).toContain(name);
    const known = labels.get(name) ?? new Set();
    const unknown = wanted.filter((label) => !known.has(label) && !LABELS_OF_PROMETHEUS.has(label));
    expect([name, unknown]).toEqual([name, []]);
  }
}

test('the alert rules ask for metrics and labels that there are', () => {
  const rules = read('alerts.yml')
    .split(/^ {6}- alert: /m)
    .slice(1);
  expect(rules.length).toBeGreaterThan(10);
  for (const rule of rules) expectToExist(/expr:(.*?)\n {8}\w+:/s.exec(rule)?.[1] ?? '');
});

describe('the dashboard', () => {
  test('asks for metrics and labels that there are', () => {
    for (const { title, targets = [] } of charts) {
      expect(targets.length, title).toBeGreaterThan(0);
      for (const { expr } of targets) expectToExist(expr);
    }
  });

  test('answers the four questions, each chart with a word on it', () => {
    const rows = panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(rows).toEqual(['Is it up?', 'Is it full?', 'Is it slow?', 'Is it wrong?']);
    for (const { title, description } of charts) expect(description, title).toBeTruthy();
  });

  test('has no two charts on the same place', () => {
    const places = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(places).size).toBe(places.length);
  });
});

test('the README lists each metric of ours with its type, and no other', () => {
  const listed = [...read('README.md').matchAll(/^\| `(synset_\w+)` \| (\w+) \|/gm)];
  const told = texts.flatMap((text) => [...text.matchAll(/^# TYPE (synset_\w+) (\w+)$/gm)]);
  const lines = (found: RegExpMatchArray[]) => found.map(([, name, type]) => `${name} ${type}`);
  expect(lines(listed).sort()).toEqual(lines(told).sort());
});

describe('promtool', () => {
  const promtool = (args: string[], input = '') => {
    const options = { cwd: fileURLToPath(FOLDER), encoding: 'utf8', input } as const;
    const { status, stdout, stderr } = spawnSync('promtool', args, options);
    return { status, output: stdout + stderr };
  };
  const isThere = spawnSync('promtool', ['--version']).status === 0;

  test.skipIf(!isThere).each([
    ['check', 'config', 'prometheus.yml'],
    ['check', 'rules', 'alerts.yml'],
    ['test', 'rules', 'alerts.test.yml'],
  ])('%s %s', (...args) => {
    expect(promtool(args)).toMatchObject({ status: 0 });
  });

  test.skipIf(!isThere)('finds fault with no metric of ours', () => {
    for (const text of texts) {
      const { output } = promtool(['check', 'metrics'], text);
      const ours = output.split('\n').filter((line) => line && !line.startsWith('nodejs_'));
      expect(ours).toEqual([]);
    }
  });
});
