import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ApiKeys } from '../src/api-keys.ts';
import { readConfig } from '../src/config.ts';

const FIRST = 'first-key-0123456789';
const SECOND = 'second-key-0123456789';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const keysOf = (env: NodeJS.ProcessEnv) => new ApiKeys(readConfig(env));

async function keyFile(content: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'synset-keys-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const file = join(dir, 'keys');
  await writeFile(file, content);
  return file;
}

test('without keys there is nothing to check', () => {
  expect(keysOf({}).count).toBe(0);
});

test('several keys are valid at once, also those given by their digest', () => {
  const keys = keysOf({ API_KEYS: `${FIRST}, sha256:${sha256(SECOND)}` });
  expect(keys.count).toBe(2);
  expect(keys.find(FIRST)).toBe(sha256(FIRST));
  expect(keys.find(SECOND)).toBe(sha256(SECOND));
  for (const wrong of ['', `${FIRST}x`, FIRST.slice(0, -1), FIRST.toUpperCase(), sha256(SECOND)]) {
    expect(keys.find(wrong), wrong).toBeNull();
  }
});

test('a key that is given twice counts once, and is valid', () => {
  const keys = keysOf({ API_KEYS: `${FIRST},${FIRST}` });
  expect(keys.find(FIRST)).toBe(sha256(FIRST));
});

test('a file holds one key a line, and is read again when asked', async () => {
  const file = await keyFile(`# of the shop\n${FIRST}\n\n  # a comment\r\n`);
  const keys = keysOf({ API_KEYS_FILE: file });
  expect(keys.count).toBe(1);
  expect(keys.find(FIRST)).not.toBeNull();
  await writeFile(file, `sha256:${sha256(SECOND)}\r\n`);
  keys.reload();
  expect(keys.find(FIRST)).toBeNull();
  expect(keys.find(SECOND)).not.toBeNull();
});

test('a file that has become bad leaves the keys as they were', async () => {
  const file = await keyFile(FIRST);
  const keys = keysOf({ API_KEYS_FILE: file });
  await writeFile(file, 'short');
  expect(() => keys.reload()).toThrow('API_KEYS_FILE: key 1 must have at least 16 characters');
  expect(keys.find(FIRST)).not.toBeNull();
});

test.each([
  ['tooshort', 'key 1 must have at least 16 characters'],
  [`${FIRST},fifteen-letters`, 'key 2 must have at least 16 characters'],
  ['sha256:tooshort', 'key 1 must have 64 hexadecimal digits after sha256:'],
  ['with a blank, that is', 'key 1 may hold visible ASCII characters only'],
  [' , ', 'holds no key'],
])('%j is refused, and not shown', (text, message) => {
  const parse = () => keysOf({ API_KEYS: text });
  expect(parse).toThrow(`bad setting: API_KEYS: ${message}`);
  for (const entry of text.split(',').filter((part) => part.trim() !== '')) {
    expect(parse).not.toThrow(entry);
  }
});

test('a file that is not there, or holds no key, is refused', async () => {
  expect(() => keysOf({ API_KEYS_FILE: '/nowhere/keys' })).toThrow('bad setting: API_KEYS_FILE: E');
  const empty = await keyFile('# none yet\n');
  expect(() => keysOf({ API_KEYS_FILE: empty })).toThrow('API_KEYS_FILE: holds no key');
});
