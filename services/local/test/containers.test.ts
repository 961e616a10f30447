// What Dockerfile and compose.yaml say once more must be what the code says.
import { readFileSync } from 'node:fs';
import { MALLOC_SETTINGS, NODE_FLAGS, redisServerArguments } from '@synset/shared';
import { expect, test } from 'vitest';
import { settings as apiSettings } from '../../api/src/config.ts';
import { settings as workerSettings } from '../../worker/src/config.ts';

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

const dockerfile = read('Dockerfile');
const compose = read('compose.yaml');

/** The lines of one service. */
const service = (name: string) =>
  compose.split(new RegExp(`^  ${name}:$`, 'm'))[1]?.split(/^ {2}\w/m)[0];

test('the services run with the memory settings of `make run`', () => {
  for (const [name, value] of Object.entries(MALLOC_SETTINGS))
    expect(dockerfile).toContain(`${name}=${value}\n`);
  const commands = [...dockerfile.matchAll(/^CMD (\["node".*)$/gm)].map(([, json = '']) =>
    JSON.parse(json),
  );
  expect(commands.map((command: string[]) => command.slice(1, -1))).toEqual([
    NODE_FLAGS,
    NODE_FLAGS,
  ]);
});

test('Redis runs with the arguments of `make run`', () => {
  const given = [...(service('redis')?.matchAll(/^ {6}- (.*)$/gm) ?? [])].map(([, text]) =>
    text?.replaceAll('"', ''),
  );
  // Port, address and folder are the container's.
  const [, , , , , , ...wanted] = redisServerArguments(0, '');
  for (let i = 0; i < wanted.length; i += 2)
    expect(given.slice(given.indexOf(wanted[i]), given.indexOf(wanted[i]) + 2)).toEqual(
      wanted.slice(i, i + 2),
    );
});

test('the image has the pnpm of the Makefile', () => {
  const version = /^PNPM_VERSION := (\S+)$/m.exec(read('Makefile'))?.[1];
  expect(dockerfile).toContain(`ARG PNPM_VERSION=${version}\n`);
});

/** Not for a person to set: what they are in a container follows from how it is built. */
const OF_THE_CONTAINER = ['HOST', 'MODEL_DIR', 'WORKER_NAME'];

test.each([
  ['api', apiSettings],
  ['worker', workerSettings],
])('the settings of the %s reach its containers', (name, settings) => {
  const common = compose.split(/^x-common:.*$/m)[1]?.split(/^\w/m)[0];
  const given = [...`${common}${service(name)}`.matchAll(/^ +([A-Z_]+): /gm)].map(([, key]) => key);
  const wanted = Object.keys(settings).filter((key) => !OF_THE_CONTAINER.includes(key));
  expect(given).toEqual(expect.arrayContaining(wanted));
});
