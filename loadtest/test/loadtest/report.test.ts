import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compare } from '../../src/loadtest/against.ts';
import { csvOf } from '../../src/loadtest/csv.ts';
import { html } from '../../src/loadtest/html.ts';
import { markdownOf } from '../../src/loadtest/markdown.ts';
import { pageOf } from '../../src/loadtest/page.ts';
import { type Report, reportSchema } from '../../src/loadtest/results.ts';
import { ticksTo } from '../../src/loadtest/scale.ts';
import { sectionsOf } from '../../src/loadtest/sections.ts';
import { openFolder } from '../../src/loadtest/write.ts';
import { cellOf, reportOf, spreadOf } from './report.ts';

const fixed = cellOf({ load: { mode: 'fixed', share: 0.8, perSecond: 40 }, lateMs: 2 });

describe('the page', () => {
  const page = (report: Report) => pageOf(report, sectionsOf(report, null));

  it('escapes what comes from elsewhere', () => {
    const evil = `"><script>alert('1')</script>`;
    const text = page(
      reportOf({ url: evil, model: { name: evil, trained: true, sha256: evil }, notes: [evil] }),
    );
    expect(text).not.toContain('<script');
    expect(text).toContain('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)');
    expect(html`<p title="${'"'}">${[html`<b>${'<'}</b>`, '&']}</p>`.text).toBe(
      '<p title="&quot;"><b>&lt;</b>&amp;</p>',
    );
  });

  it('needs nothing else', () => {
    const text = page(reportOf({ cells: [cellOf(), fixed] }));
    expect(text).not.toMatch(/<script|<link|@import|url\(|src=/);
    expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it('draws each number of workers as a line of its own', () => {
    const text = page(reportOf({ cells: [cellOf(), cellOf({ workers: 2 })] }));
    expect(text).toContain('1 worker, p99: 40.0 ms, 1 users');
    expect(text).toContain('2 workers, p50: 20.0 ms, 1 users');
    expect(text).toContain('Best throughput by workers');
  });

  it('says nothing of processes that it does not know', () => {
    const cells = [cellOf({ processes: [], split: null, latency: null })];
    const text = page(reportOf({ url: 'http://host', backlog: [], cells }));
    expect(text).not.toContain('CPU and memory of each process');
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('has axes in round steps', () => {
    expect(ticksTo(54)).toEqual([0, 20, 40, 60]);
    expect(ticksTo(1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1].map((tick) => expect.closeTo(tick)));
    expect(ticksTo(0)).toHaveLength(2);
  });
});

describe('Markdown and CSV', () => {
  it('escapes what would end a cell of a table, or begin a tag', () => {
    const report = reportOf({ model: { name: 'a|b<c>', trained: true, sha256: '' } });
    expect(markdownOf(report, sectionsOf(report, null))).toContain('a\\|b\\<c\\>, trained');
  });

  it('has a row for each load, with all percentiles of all parts', () => {
    const errors = { QUEUE_FULL: 2, TIMEOUT: 1 };
    const [head, first, second, end] = csvOf(
      reportOf({ cells: [cellOf({ errors }), fixed] }),
      null,
    ).split('\n');
    const columns = `${head}`.split(',');
    const values = `${first}`.split(',');
    const of = (name: string) => values[columns.indexOf(name)];
    expect(values).toHaveLength(columns.length);
    expect([of('users'), of('answered/s'), of('p99 ms'), of('queue p95 ms')]).toEqual([
      ...['1', '50', '40', '2'],
    ]);
    expect([of('errors'), of('errors by code')]).toEqual(['3', 'QUEUE_FULL 2; TIMEOUT 1']);
    // Both workers together.
    expect([of('worker CPU ms/photo'), of('worker peak MB')]).toEqual(['31', '521']);
    expect(second).toMatch(/^fixed,1,,40,50,/);
    expect(end).toBe('');
  });

  it('quotes what holds a comma or a quote', () => {
    const cells = [cellOf({ errors: { 'say "no", then': 1 } })];
    expect(csvOf(reportOf({ cells }), null)).toContain('"say ""no"", then 1"');
  });
});

describe('what changed', () => {
  const before = reportOf();

  it('is better or worse only beyond the scatter of the runs', () => {
    const after = reportOf({ cells: [cellOf({ perSecond: 80, latency: spreadOf(21) })] });
    const [cell] = compare(before, after).cells;
    expect(cell?.changes.perSecond).toMatchObject({ before: 50, after: 80, verdict: 'better' });
    expect(cell?.changes.perSecond?.ratio).toBe(1.6);
    expect(cell?.changes.p50).toMatchObject({ verdict: 'within the scatter' });
    const slower = compare(after, reportOf({ cells: [cellOf({ latency: spreadOf(40) })] }));
    expect(slower.cells[0]?.changes).toMatchObject({
      perSecond: { verdict: 'worse' },
      p99: { verdict: 'worse', ratio: 40 / 21 },
    });
  });

  it('warns where something else is different', () => {
    const { warnings } = compare(before, {
      ...before,
      model: { ...before.model, name: 'resnet50-v1-12' },
      machine: { ...before.machine, cores: 8 },
    });
    expect(warnings).toEqual([
      expect.stringContaining('Another model: before testcard-int8 (aaaaaaaaaaaa), now resnet50'),
      expect.stringMatching(/Another machine: .*2 cores.*8 cores/),
    ]);
    expect(compare(before, reportOf({ cells: [fixed] })).warnings).toEqual([
      'The two reports have no load in common.',
    ]);
  });

  it('stands in every form of the report', () => {
    const after = reportOf({ cells: [cellOf({ perSecond: 80 }), fixed] });
    const sections = sectionsOf(after, compare(before, after));
    expect(pageOf(after, sections)).toContain('class="better">50.0 → 80.0 (×1.60) better');
    expect(markdownOf(after, sections)).toContain('50.0 → 80.0 (×1.60) better');
    expect(csvOf(after, before)).toContain(',50,1.6,better,');
  });
});

describe('the folder', () => {
  it('gets all files at once, and nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'synset-loadtest-report-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const closing = new AsyncDisposableStack();
    const report = reportOf();
    await (await openFolder(folder, closing)).write(report, null);
    await closing.disposeAsync();
    const files = ['REPORT.md', 'report.csv', 'report.html', 'report.json'];
    expect((await readdir(folder)).sort()).toEqual(files);
    const read = reportSchema.parse(
      JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')),
    );
    expect(read).toEqual(report);
  });
});
