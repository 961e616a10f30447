import { expect, test } from 'vitest';
import { z } from 'zod';
import { commonSettings, integer, parseEnv } from '../src/env.ts';

const schema = z.object({ ...commonSettings, WORKERS: integer(1, 1, 8) });

test('fills in what is not set, and takes an empty variable as not set', () => {
  expect(parseEnv(schema, { WORKERS: '' })).toMatchObject({ WORKERS: 1, KEY_PREFIX: 'synset' });
});

test.each([
  ['WORKERS', 'many'],
  ['WORKERS', '9'],
  ['WORKERS', '-1'],
  ['REDIS_URL', 'http://x'],
  ['KEY_PREFIX', 'a b'],
  ['LOG_LEVEL', 'loud'],
])('%s=%s stops the start with a line that names it', (name, value) => {
  expect(() => parseEnv(schema, { [name]: value })).toThrow(new RegExp(`bad setting: ${name}: `));
});
