// .env.example is the one list of all that can be set.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settings as apiSettings } from '../../api/src/config.ts';
import { settings as workerSettings } from '../../worker/src/config.ts';
import { settings as localSettings } from '../src/config.ts';

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

test('.env.example lists what the services and compose.yaml read, and nothing else', () => {
  const file = read('.env.example');
  const listed = [...file.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
  const known = [apiSettings, workerSettings, localSettings].flatMap((settings) =>
    Object.keys(settings),
  );
  const composed = [...read('compose.yaml').matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name);
  expect(listed.sort()).toEqual([...new Set([...known, ...composed])].sort());
});
