import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settings as apiSettings } from '../../api/src/config.ts';
import { settings as workerSettings } from '../../worker/src/config.ts';
import { settings as localSettings } from '../src/config.ts';

test('.env.example lists the settings of all services, and no others', () => {
  const file = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
  const listed = [...file.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
  const known = [apiSettings, workerSettings, localSettings].flatMap((settings) =>
    Object.keys(settings),
  );
  expect(listed.sort()).toEqual([...new Set(known)].sort());
});
