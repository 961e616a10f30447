// `make compose-test`: builds and starts the containers, scales, kills and replaces them under load.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { freePort } from '@synset/shared/testing';
import { runCommand, say } from './command.ts';
import { Project } from './compose/project.ts';
import { type Setting, steps } from './compose/steps.ts';

/** All of it; most is building where nothing is built yet. */
const DEADLINE_MS = 20 * 60_000;

async function run(closing: AsyncDisposableStack): Promise<void> {
  const models = ['testcard-int8', 'testcard'] as const;
  const port = await freePort();
  const project = new Project(`synset-test-${process.pid}`, {
    // What a person has set is none of this test's business.
    ...Object.fromEntries(settingNames().map((name) => [name, ''])),
    PORT: `${port}`,
    ...{ API_INSTANCES: '2', WORKERS: '1', REVISION: 'first' },
    MODEL: models[0],
    // It is about who answers, not how fast: with others on the machine too.
    ...{ SESSIONS: '1', INTRA_OP_THREADS: '1', REQUEST_TIMEOUT_MS: '30000' },
  });
  closing.defer(() => removeAll(project));
  const setting: Setting = {
    project,
    url: `http://127.0.0.1:${port}`,
    models,
  };
  for (const [name, step] of Object.entries(steps)) await take(name, step, setting);
}

/** All that `.env` may hold. */
function settingNames(): string[] {
  const file = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  return [...file.matchAll(/^#([A-Z_]+)=/gm)].map(([, name = '']) => name);
}

async function take(name: string, step: (typeof steps)[string], setting: Setting): Promise<void> {
  const start = performance.now();
  try {
    const said = await step(setting);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    say(`ok   ${name}, ${seconds} s${said && `: ${said}`}`);
  } catch (error) {
    say(`FAIL ${name}`);
    say(await setting.project.compose('logs', '--tail', '20', '--no-color').catch(String));
    throw error;
  }
}

async function removeAll(project: Project): Promise<void> {
  await project.remove();
  assert.equal(await project.left(), '', 'something of the project is left');
  say('ok   everything is removed');
}

const deadline = setTimeout(() => {
  process.stderr.write('synset compose-test: takes too long\n');
  process.kill(process.pid, 'SIGTERM');
}, DEADLINE_MS);
await runCommand('compose-test', run);
clearTimeout(deadline);
