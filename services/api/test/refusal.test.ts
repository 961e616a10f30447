// fastify-multipart#383: a file above the limit came back as 200 in a third of the uploads, and an
// early 413 was lost in a third, when the client was another process.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runProgram } from '@synset/shared/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApi, type TestApi } from './api.ts';

const CLIENT = new URL('./refusal-client.ts', import.meta.url);
const LIMIT = 10 * 1024 * 1024;
const TIMES = 60;

let api: TestApi;
let dir: string;

beforeAll(async () => {
  api = await startApi();
  dir = await mkdtemp(join(tmpdir(), 'synset-refusal-'));
});

afterAll(async () => {
  await api.close();
  await rm(dir, { recursive: true });
});

const sizes = [LIMIT + 1, 30_000_000];

test.each(sizes.flatMap((size) => ['form', 'raw'].map((kind) => [size, kind] as const)))(
  'fetch sees the 413 of %i bytes each time (%s)',
  async (size, kind) => {
    const client = runProgram(CLIENT, {}, [`${api.url}/predict`, `${size}`, `${TIMES}`, kind]);
    expect(await client.exit).toBe(0);
    expect(JSON.parse(client.output())).toEqual({ '413 FILE_TOO_LARGE': TIMES });
  },
  120_000,
);

test.each(sizes.flatMap((size) => ['form', 'raw'].map((kind) => [size, kind] as const)))(
  'curl sees the 413 of %i bytes each time (%s)',
  async (size, kind) => {
    const file = join(dir, `${size}.jpg`);
    await writeFile(file, Buffer.alloc(size, 7));
    const body =
      kind === 'form'
        ? ['-F', `file=@${file}`]
        : ['--data-binary', `@${file}`, '-H', 'content-type: image/jpeg'];
    const seen: Record<string, number> = {};
    for (let i = 0; i < TIMES; i++) {
      const args = ['-s', '-o', '/dev/null', '-w', '%{http_code}', ...body, `${api.url}/predict`];
      const { stdout } = await promisify(execFile)('curl', args);
      seen[stdout] = (seen[stdout] ?? 0) + 1;
    }
    expect(seen).toEqual({ 413: TIMES });
  },
  120_000,
);
