// What fails a test in the browser, seen on a page that deserves it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { axe, complaintsOf, inBrowser, newPage, openPage } from './browser.ts';

const PAGE = `<!doctype html><html lang="en" class="js-on"><head><title>Bad</title>
  <link rel="icon" href="data:,"><script src="/script.js"></script></head>
  <body><main><h1>Bad</h1><img src="/missing.png"></main></body></html>`;
const SCRIPT = `
  console.error('a complaint');
  document.write('<script>inline()</script>');
  fetch('http://127.0.0.1:1/away').catch(() => {});
  setTimeout(() => { throw new Error('thrown'); });`;

inBrowser('a page that does all that is not allowed', () => {
  const server = createServer((request, response) => {
    response.setHeader('content-security-policy', "script-src 'self'");
    if (request.url === '/') response.setHeader('content-type', 'text/html').end(PAGE);
    else if (request.url === '/script.js') response.end(SCRIPT);
    else response.writeHead(404).end();
  });
  let url: string;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => server.close());

  test('each of it is a complaint', async () => {
    const page = await newPage({ expected: [/./] });
    await Promise.all([
      page.waitForEvent('pageerror'),
      page.waitForEvent('requestfailed'),
      page.waitForResponse(/missing/),
      page.goto(url),
    ]);
    const complaints = complaintsOf(page).join('\n');
    expect(complaints).toContain('console: a complaint');
    expect(complaints).toContain('uncaught: Error: thrown');
    expect(complaints).toContain('CSP: script-src-elem inline');
    expect(complaints).toContain('GET /missing.png 404');
    expect(complaints).toMatch(/GET \/away net::ERR_\w+/);
  });

  test('so is what axe finds', async () => {
    const page = await openPage(url, { expected: [/./] });
    await expect(axe(page)).rejects.toThrow('Images must have alternative text');
  });

  test.fails('a complaint fails the test that did not expect it', async () => {
    await openPage(url);
  });
});
