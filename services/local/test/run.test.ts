// `make run` as a person sees it: start, answer, restart, stop.
import { createKeys, createRedis } from '@synset/shared';
import { freePort, isRunning, silentLog, testPhoto, untilEnded } from '@synset/shared/testing';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { predict, runSystem, startSystem, type TestSystem } from './system.ts';

const photo = testPhoto('nagasaki-boats');
let system: TestSystem;

afterEach(async () => {
  if (isRunning(system.process.pid as number)) await system.end();
});

test('says what it does, answers, and leaves nothing after Ctrl-C', async () => {
  system = await startSystem();
  expect(system.output()).toMatch(/private Redis at .*starting the API.*starting 1 worker /s);
  expect(system.output()).toContain(
    `curl -F file=@photo.jpg http://localhost:${system.port}/predict`,
  );
  expect(system.output()).toContain('WARNING: this is the test card');
  expect(await predict(system.url, photo)).toMatchObject({
    status: 200,
    model: { trained: false },
  });
  const processes = system.descendants();
  expect(processes).toHaveLength(3); // Redis, API, worker
  expect(await system.end('SIGINT')).toBe(0);
  expect(processes.filter(isRunning)).toEqual([]);
  await expect(fetch(system.url)).rejects.toThrow();
});

test('a request under way is answered when the signal comes', async () => {
  system = await startSystem();
  const answers = Array.from({ length: 8 }, () => predict(system.url, photo));
  await Promise.race(answers); // the others are on their way
  const ending = system.end('SIGTERM');
  for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
  expect(await ending).toBe(0);
});

test('Ctrl-C while it starts leaves nothing either', async () => {
  system = await runSystem();
  await system.printed('starting 1 worker');
  const processes = system.descendants();
  expect(await system.end('SIGINT')).toBe(0);
  expect(processes.filter(isRunning)).toEqual([]);
});

test('a second Ctrl-C does not wait', async () => {
  system = await startSystem();
  const processes = system.descendants();
  const worker = processes.at(-1) as number;
  process.kill(worker, 'SIGSTOP'); // it will not answer a signal to end
  system.process.kill('SIGINT');
  await system.printed('once more: stop at once');
  // The API has ended: first it refuses, then nobody is there.
  while (await fetch(system.url).then(Boolean, () => false));
  await system.end('SIGINT');
  await untilEnded(processes);
});

test('killed without warning, its processes end by themselves', async () => {
  system = await startSystem();
  const processes = system.descendants();
  await system.end('SIGKILL');
  await untilEnded(processes);
});

test('a worker that dies is started again', async () => {
  system = await startSystem();
  const worker = system.descendants().at(-1);
  process.kill(worker as number, 'SIGKILL');
  await system.printed('worker 1 ended (SIGKILL); starting it again');
  expect(await predict(system.url, photo)).toMatchObject({ status: 200 });
});

test('a Redis that dies is started again, with its data', async () => {
  system = await startSystem();
  const [redis] = system.descendants();
  process.kill(redis as number, 'SIGKILL');
  await system.printed('redis-server ended (SIGKILL); starting it again');
  while ((await fetch(`${system.url}/readyz`)).status !== 200);
  expect(await predict(system.url, photo)).toMatchObject({ status: 200 });
  expect(await system.end()).toBe(0);
});

test('several workers share one queue, each under its own name', async () => {
  const url = inject('redisUrl');
  system = await startSystem({ WORKERS: '3', REDIS_URL: url, KEY_PREFIX: 'test-three-workers' });
  expect(system.descendants()).toHaveLength(4); // three workers and the API; Redis is not ours
  const answers = await Promise.all(Array.from({ length: 24 }, () => predict(system.url, photo)));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  const redis = createRedis({ url, name: 'test', log: silentLog });
  await redis.connect();
  const consumers = await redis.xInfoConsumers(
    createKeys('test-three-workers').jobs,
    'classifiers',
  );
  expect(new Set(consumers.map(({ name }) => name)).size).toBe(3);
  await system.end();
  await redis.del(await redis.keys('test-three-workers:*'));
  redis.destroy();
});

describe('what keeps it from starting is said in a line', () => {
  test('a taken port', async () => {
    system = await startSystem();
    const second = await runSystem({ PORT: `${system.port}` });
    expect(await second.exit).toBe(1);
    expect(second.output()).toMatch(/cannot listen on .*EADDRINUSE.*make run PORT=/);
  });

  test('a data folder that another run uses', async () => {
    system = await startSystem();
    const second = await runSystem({
      PORT: `${system.port}`,
      HOST: '127.0.0.2',
      DATA_DIR: system.dataDir,
    });
    expect(await second.exit).toBe(1);
    expect(second.output()).toMatch(/in use by another run.*DATA_DIR/);
  });

  test('a data folder that cannot be made', async () => {
    system = await runSystem({ DATA_DIR: '/dev/null/x' });
    expect(await system.exit).toBe(1);
    expect(system.output()).toMatch(/^synset: DATA_DIR: .*cannot be made \(ENOTDIR\)$/m);
  });

  test('an address that is none', async () => {
    system = await runSystem({ HOST: '192.0.2.1' });
    expect(await system.exit).toBe(1);
    expect(system.output()).toMatch(/cannot listen on .*check HOST and PORT/);
  });

  test('no redis-server', async () => {
    system = await runSystem({ PATH: '/nowhere' });
    expect(await system.exit).toBe(1);
    expect(system.output()).toMatch(
      /redis-server is not installed.*apt-get install redis-server.*REDIS_URL/,
    );
  });

  test('a model that is not there', async () => {
    system = await runSystem({ MODEL: '/nowhere/card.json' });
    const processes = system.descendants();
    expect(await system.exit).toBe(1);
    expect(system.output()).toMatch(/synset worker: .*\/nowhere\/card\.json/);
    await untilEnded(processes);
  });

  test('a bad setting', async () => {
    system = await runSystem({ WORKERS: 'many' });
    expect(await system.exit).toBe(2);
    expect(system.output()).toBe('synset: bad setting: WORKERS: must be a whole number\n');
  });

  test('a bad setting of one of the services', async () => {
    system = await runSystem({ PORT: `${await freePort()}`, MAX_UPLOAD_BYTES: '0' });
    expect(await system.exit).toBe(1);
    expect(system.output()).toMatch(/synset api: bad setting: MAX_UPLOAD_BYTES/);
  });
});
