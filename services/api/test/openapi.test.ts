import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { read, startApi, type TestApi } from './api.ts';
import { type Document, DocumentCheck } from './document.ts';

let api: TestApi;
let document: Document;
let check: DocumentCheck;

beforeAll(async () => {
  api = await startApi();
  document = (await (await fetch(`${api.url}/openapi.json`)).json()) as Document;
  check = new DocumentCheck(document);
});

afterAll(() => api.close());

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const copy: Record<string, unknown> = { ...structuredClone(document) };
  expect(await validator.validate(copy)).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
  expect(document).toMatchObject({
    info: { title: 'Synset', version: packageJson.version },
    components: { securitySchemes: { bearer: {}, header: {}, basic: {} } },
  });
});

test('every answer that has a body as JSON has an example, and each keeps to its schema', () => {
  let examples = 0;
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, { requestBody, responses }] of Object.entries(operations)) {
      const bodies = [[['requestBody'], requestBody?.content ?? {}] as const].concat(
        Object.entries(responses).map(
          ([status, { content }]) => [['responses', status], content ?? {}] as never,
        ),
      );
      for (const [place, content] of bodies) {
        for (const [type, media] of Object.entries(content)) {
          const where = ['paths', path, method, ...place, 'content', type];
          const all = Object.values(media.examples ?? {});
          if (type.endsWith('json')) expect(all, where.join(' ')).not.toHaveLength(0);
          for (const { value } of all) {
            expect(check.problemWith(value, ...where, 'schema'), where.join(' ')).toBeNull();
            examples++;
          }
        }
      }
    }
  }
  expect(examples).toBeGreaterThan(70);
});

describe('an answer is undocumented', () => {
  const answer = (body: object, status = 200, type = 'application/json') => ({
    status,
    type,
    body: Buffer.from(JSON.stringify(body)),
  });

  test.each([
    ['by its route', 'GET', '/nothing', answer({}), /no such route/],
    ['by its status', 'GET', '/healthz', answer({}, 418), /no such status/],
    ['by its content type', 'GET', '/healthz', answer({}, 200, 'text/plain'), /content type/],
    ['by a field', 'GET', '/healthz', answer({ status: 'ok', more: 1 }), /additional/],
    ['by a value', 'GET', '/healthz', answer({ status: 'ill' }), /allowed values/],
  ])('%s', (_, method, url, sent, what) => {
    expect(check.undocumented(method, url, sent)).toMatch(what);
  });

  test('by the code of its problem', async () => {
    const problem = await read(await fetch(`${api.url}/jobs/none`));
    const sent = (code: string) => answer({ ...problem, code }, 404, 'application/problem+json');
    expect(check.undocumented('GET', '/jobs/none', sent('NOT_FOUND'))).toBeNull();
    expect(check.undocumented('GET', '/jobs/none', sent('INTERNAL'))).toMatch(/allowed values/);
  });
});

test('the page shows it, with nothing from elsewhere and no script in its text', async () => {
  const page = await fetch(`${api.url}/docs/`);
  expect(page.headers.get('content-security-policy')).toMatch(
    /default-src 'none'.*script-src 'self';/,
  );
  const html = await page.text();
  const paths = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, path]) => path ?? '');
  expect(paths.length).toBeGreaterThanOrEqual(5);
  for (const path of paths) {
    expect(path).toMatch(/^\.\//);
    expect((await fetch(new URL(path, `${api.url}/docs/`))).status, path).toBe(200);
  }
  expect(html).not.toMatch(/<script(?![^>]* src=)/);
  const shown = await (await fetch(`${api.url}/docs/json`)).json();
  expect(shown).toEqual(document);
});
