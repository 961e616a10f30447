// Which Redis the commands for dead letters ask.
import { isRunning, startTestRedis, untilEnded } from '@synset/shared/testing';
import { expect, onTestFinished, test } from 'vitest';
import { says, temporaryFolder } from './command.ts';
import { complains, runDead } from './dead-letters.ts';
import { startSystem, type TestSystem } from './system.ts';

const REFUSED = /^synset dead: cannot reach Redis at 127\.0\.0\.1:\d+: .*ECONNREFUSED.*\n$/;

async function startSystemIn(folder: string): Promise<TestSystem> {
  const system = await startSystem({ DATA_DIR: folder });
  onTestFinished(async () => {
    if (isRunning(system.process.pid as number)) await system.end();
  });
  return system;
}

test('the one that REDIS_URL names, whose password is not shown', async () => {
  const { code, stderr } = await runDead([], { REDIS_URL: 'redis://me:secret@127.0.0.1:1' });
  expect(stderr).toMatch(REFUSED);
  expect(code).toBe(1);
});

test('one that is silent is not waited for', async () => {
  const server = await startTestRedis();
  onTestFinished(() => server.stop());
  server.process.kill('SIGSTOP');
  onTestFinished(() => void server.process.kill('SIGCONT'));
  const host = server.url.replace('redis://', '');
  const line = `cannot reach Redis at ${host}: no answer within 3000 ms`;
  expect(await runDead([], { REDIS_URL: server.url })).toEqual(complains(1, line));
});

test('else the private one of the service with that port and data folder', async () => {
  const DATA_DIR = await temporaryFolder();
  const system = await startSystemIn(DATA_DIR);
  const PORT = `${system.port}`;
  const env = { PORT, DATA_DIR };
  expect(await runDead([], env)).toEqual(says('no dead letters'));
  const none = `no service runs with PORT=${PORT} here; name another PORT, or REDIS_URL`;
  expect(await runDead([], { ...env, DATA_DIR: '/nowhere' })).toEqual(complains(1, none));
  await system.end();
  expect(await runDead([], env)).toEqual(complains(1, none));
});

test('or of none, where that service was killed', async () => {
  const DATA_DIR = await temporaryFolder();
  const system = await startSystemIn(DATA_DIR);
  const processes = system.descendants();
  await system.end('SIGKILL');
  await untilEnded(processes);
  const { code, stderr } = await runDead([], { PORT: `${system.port}`, DATA_DIR });
  expect(stderr).toMatch(REFUSED);
  expect(code).toBe(1);
});
