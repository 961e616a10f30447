// Downloading from a server with a fault: what helps is tried, the rest is said in a line.
import { readdir, stat, symlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { freePort } from '@synset/shared/testing';
import { describe, expect, it } from 'vitest';
import { pause } from '../src/download/job.ts';
import { downloadOf, IMPATIENT, QUICK } from './downloading.ts';
import {
  cardOf,
  hold,
  type Play,
  redirect,
  says,
  silence,
  startHub,
  status,
  whole,
  withoutRanges,
} from './hub.ts';

const HALF = 100_000;
const SIZE = 200_000;

const as = (content: Buffer) => content;
const wrongBytes: Play = (_, response, { content }) => {
  const wrong = Buffer.from(content).fill(0, 0, 10);
  response.writeHead(200, { 'content-length': wrong.length }).end(wrong);
};

describe('what passes is tried again', () => {
  it.each<[string, Play[], RegExp]>([
    ['408', [status(408)], /408 Request Timeout/],
    ['429', [status(429)], /429 Too Many Requests/],
    ['500', [status(500)], /500 Internal Server Error/],
    ['503 twice', [status(503), status(503)], /503 Service Unavailable/],
    ['an empty answer', [says(undefined, () => Buffer.alloc(0))], /broke off after 0 of 200000/],
    ['an answer that ends early, of no length', [says(undefined, (c) => c.subarray(9))], /broke/],
    ['an answer that ends early', [says(SIZE, (c) => c.subarray(0, 9))], /closed/],
  ])('%s', async (_, plays, said) => {
    const hub = await startHub(...plays, whole);
    const download = await downloadOf(hub.card);
    await download.run();
    expect(await download.read()).toEqual(hub.content);
    expect(download.lines).toHaveLength(plays.length);
    expect(download.lines[0]).toMatch(said);
    expect(download.lines[0]).toContain(`${hub.url}/small.onnx: `);
    expect(download.waits).toHaveLength(plays.length);
  });

  it.each<[string, Play, string]>([
    ['no answer', silence, 'no answer within 0.3 s'],
    ['a stall', hold(HALF), 'no byte within 0.3 s'],
    ['a stall before the first byte', hold(0), 'no byte within 0.3 s'],
  ])('%s', async (_, play, said) => {
    const hub = await startHub(play, whole);
    const download = await downloadOf(hub.card);
    await download.run(hub.card, { limits: IMPATIENT });
    expect(await download.read()).toEqual(hub.content);
    expect(download.lines[0]).toContain(said);
  });

  it('after waits that grow', async () => {
    const hub = await startHub(status(500));
    const download = await downloadOf(hub.card);
    await download.fail({ limits: { ...QUICK, attempts: 9 } });
    expect(download.waits).toHaveLength(8);
    for (const [i, ms] of download.waits.entries()) {
      expect(ms).toBeGreaterThanOrEqual(Math.min(500 * 2 ** i, 30_000));
      expect(ms).toBeLessThanOrEqual(Math.min(1000 * 2 ** i, 30_000));
    }
  });

  it('after the time that the server asks for, within bounds', async () => {
    const date = new Date(Date.now() + 20_500).toUTCString();
    const asked = ['7', '86400', date, 'soon'].map((value) =>
      status(503, { 'retry-after': value }),
    );
    const hub = await startHub(...asked, whole);
    const download = await downloadOf(hub.card);
    await download.run(hub.card, { limits: { ...QUICK, attempts: 9 } });
    const [seconds, far, until = 0, unknown] = download.waits;
    expect([seconds, far]).toEqual([7000, 30_000]);
    expect(until).toBeGreaterThan(15_000);
    expect(until).toBeLessThanOrEqual(20_500);
    expect(unknown).toBeLessThanOrEqual(8000);
  });

  it('as long as each attempt brings something', async () => {
    const pieces = Array.from({ length: 8 }, () => hold(20_000));
    const hub = await startHub(...pieces, whole);
    const download = await downloadOf(hub.card);
    const running = download.run(hub.card, { limits: { ...QUICK, attempts: 2 } });
    for (let i = 1; i <= 8; i++) {
      await download.until(i * 20_000);
      hub.cut();
    }
    await running;
    expect(await download.read()).toEqual(hub.content);
    expect(hub.requests).toHaveLength(9);
  });

  it('but not for ever', async () => {
    const hub = await startHub(hold(0));
    const download = await downloadOf(hub.card);
    const limits = { ...QUICK, stallMs: 20, attempts: 99, attemptsInAll: 4 };
    await download.fail({ limits });
    expect(hub.requests).toHaveLength(4);
  });
});

describe('ranges', () => {
  it.each<[string, Play]>([
    ['a server that ignores them', withoutRanges],
    ['416', status(416)],
    [
      'another part than asked for',
      (_, response, { content }) => {
        const head = { 'content-range': `bytes 5-${SIZE - 1}/${SIZE}` };
        response.writeHead(206, head).end(content.subarray(5));
      },
    ],
  ])('%s: starts anew', async (_, play) => {
    const hub = await startHub(hold(HALF), play, whole);
    const download = await downloadOf(hub.card);
    const running = download.run();
    await download.until(HALF);
    hub.cut();
    await running;
    expect(await download.read()).toEqual(hub.content);
    expect(hub.requests[1]?.headers.range).toBe(`bytes=${HALF}-`);
    expect(hub.requests[2]?.headers.range).toBeUndefined();
  });

  it('of a file of another size: the next address', async () => {
    const hub = await startHub(hold(HALF), (_, response, { content }) => {
      response.writeHead(206, { 'content-range': `bytes ${HALF}-300000/300001` }).end(content);
    });
    const download = await downloadOf(hub.card);
    const running = download.fail();
    await download.until(HALF);
    hub.cut();
    expect(await running).toContain('a file of 300001 bytes, not of 200000');
  });
});

describe('what does not pass is left for the next address', () => {
  it.each<[string, Play, string]>([
    ['404', status(404), '404 Not Found'],
    ['401', status(401), '401 Unauthorized'],
    ['a longer file', says(SIZE + 1, as), 'a file of 200001 bytes, not of 200000'],
    ['a shorter file', says(SIZE - 1, as), 'a file of 199999 bytes, not of 200000'],
    ['more than said', says(undefined, (c) => Buffer.concat([c, c])), 'of more than 200000 bytes'],
    ['redirects without end', redirect(({ url }) => `${url}/again`), 'redirect count exceeded'],
    ['a redirect to no server', redirect(() => 'file:///etc/passwd'), 'scheme'],
    ['wrong bytes', wrongBytes, 'wrong checksum'],
  ])('%s', async (_, play, reason) => {
    const [bad, good] = [await startHub(play), await startHub(whole)];
    bad.content = good.content;
    const download = await downloadOf(good.card);
    await download.run(cardOf(good.content, [`${bad.url}/a`, `${good.url}/b`]));
    expect(await download.read()).toEqual(good.content);
    expect(download.waits).toEqual([]);
    const alone = await downloadOf(cardOf(good.content, [`${bad.url}/a`]));
    expect(await alone.fail()).toContain(`${bad.url}/a: `);
    expect(await alone.fail()).toContain(reason);
    expect(await readdir(alone.folder)).toEqual(['.small.onnx.lock']);
  });

  it('a name that is not known', async () => {
    const { content } = await startHub();
    const download = await downloadOf(cardOf(content, ['http://nowhere.invalid/small.onnx']));
    expect(await download.fail()).toMatch(/nowhere\.invalid/);
  });
});

it('more bytes than announced do no harm', async () => {
  const hub = await startHub(says(SIZE, (content) => Buffer.concat([content, content])));
  const download = await downloadOf(hub.card);
  await download.run();
  expect(await download.read()).toEqual(hub.content);
});

it('without a network says which file to bring from where, and where to put it', async () => {
  const { content } = await startHub();
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const urls = [`${nowhere}/small.onnx`, `${nowhere}/again/small.onnx`];
  const download = await downloadOf(cardOf(content, urls));
  const message = await download.fail();
  expect(message).toContain(`cannot fetch small (${nowhere}/small.onnx: connect ECONNREFUSED`);
  expect(message).toContain(
    `bring small.onnx from ${urls.join(' or ')} into ${resolve(download.folder)} by hand`,
  );
});

it('a full disk is said in a line', async () => {
  const { card } = await startHub(whole);
  const download = await downloadOf(card);
  await symlink('/dev/full', `${download.path}.part`);
  expect(await download.fail()).toMatch(/^the disk is full: cannot write .*small\.onnx\.part/);
});

describe('a bound on the time until the first byte', () => {
  it.each<[string, Play]>([
    ['no answer', silence],
    ['an answer without a byte', hold(0)],
  ])('%s: counts over all addresses', async (_, play) => {
    const hub = await startHub(play);
    const urls = [1, 2, 3, 4].map((i) => `${hub.url}/${i}`);
    const download = await downloadOf(cardOf(hub.content, urls));
    expect(await download.fail({ firstByteMs: 100 })).toContain('no byte within 0.1 s');
    expect(hub.requests).toHaveLength(1);
  });

  it('does not count what comes after it', async () => {
    const hub = await startHub(hold(HALF));
    const download = await downloadOf(hub.card);
    const running = download.run(hub.card, { firstByteMs: 1000 });
    await download.until(HALF);
    await new Promise((done) => setTimeout(done, 1100)); // until the bound is over
    hub.release();
    expect(await running).toMatchObject({ fetched: true });
  });

  it('counts the wait for another process that gets nothing either', async () => {
    const hub = await startHub(silence);
    const download = await downloadOf(hub.card);
    const stop = new AbortController();
    const running = download.run(hub.card, { signal: stop.signal });
    const message = await download.fail({ firstByteMs: 100, wait: pause });
    expect(message).toContain('no byte within 0.1 s');
    stop.abort();
    await expect(running).rejects.toThrow(/abort/i);
    await expect(stat(download.path)).rejects.toThrow('ENOENT');
  });
});
