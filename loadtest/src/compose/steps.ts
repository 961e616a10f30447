// What is done to the running system, under load, and what must come of it.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { labels } from '@synset/models/labels';
import { checkContainers, checkSizes, checkWorkerNetwork } from './containers.ts';
import { during, freshPhoto, predict, sha256Of } from './load.ts';
import { docker, type Project } from './project.ts';

export interface Setting {
  readonly project: Project;
  readonly url: string;
  /** The one that is served at first, and the one that takes its place. */
  readonly models: readonly [string, string];
}

/** Each gives what is worth telling. */
export const steps: Record<string, (setting: Setting) => Promise<string>> = {
  'build and start': start,
  'page and answers through the published port': answers,
  'fences of the containers': fences,
  'size of the images': ({ project }) => checkSizes(project),
  'scale to 3 workers': scaleUp,
  'a worker dies under load': kill,
  'scale down to 1 worker under load': scaleDown,
  'an API instance is stopped under load': stopApi,
  'a bad setting under load': refuseBadSetting,
  'rolling restart under load': roll,
  'another model beside the old one': bringModel,
  'the old model goes': leaveModel,
};

const UNTIL_MS = 180_000;

/** Asks until the answer is yes. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + UNTIL_MS; !(await isSo()); await pause(200)) {
    assert.ok(performance.now() < deadline, `${what}: not within ${UNTIL_MS} ms`);
  }
}

async function json<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

async function underLoad({ project, url }: Setting, name: string, work: () => Promise<unknown>) {
  const { count, deferred, slowestMs, failures } = await during(url, name, work);
  assert.deepEqual(failures.slice(0, 20), [], `${failures.length} of ${count} photos failed`);
  const said = `${count} photos, the slowest ${slowestMs} ms, none failed`;
  if (deferred === 0) return said;
  return `${said}, ${deferred} sent again as Redis was silent: ${await heldUp(project)}`;
}

/** What Redis says has held it up: event, when, last and longest in ms. */
async function heldUp(project: Project): Promise<string> {
  const events = await redisCli(project, 'latency', 'latest');
  return events.replaceAll(/\s+/g, ' ') || 'it knows of nothing';
}

async function redisCli(project: Project, ...args: string[]): Promise<string> {
  const [redis] = await project.containers('redis');
  assert.ok(redis);
  return await docker('exec', redis.Id, 'redis-cli', ...args);
}

const untilHealthy = (project: Project, service: string, count: number) =>
  until(`${count} of ${service} healthy`, async () => {
    const containers = await project.containers(service);
    const healthy = containers.filter(({ State }) => State.Health?.Status === 'healthy');
    return healthy.length === count && containers.length === count;
  });

async function start({ project, url }: Setting): Promise<string> {
  const output = await project.up();
  const said = output.slice(-1000);
  assert.match(said, /WARNING: this is the test card/);
  assert.ok(said.includes(`curl -F file=@photo.jpg http://localhost:${new URL(url).port}/predict`));
  assert.equal((await project.containers('api')).length, 2);
  return '';
}

async function answers({ url, models: [model] }: Setting): Promise<string> {
  const page = await fetch(url);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /Test card, not a trained model/);
  const { status, answer } = await predict(url, freshPhoto('first'));
  assert.equal(status, 200);
  assert.equal(answer.prediction, 'orange');
  assert.deepEqual(answer.model, { name: model, trained: false });
  assert.equal((await json<{ labels: unknown[] }>(`${url}/labels`)).labels.length, labels.length);
  // One that is refused before it has all arrived: the answer comes through all the same.
  const large = await predict(url, Buffer.alloc(11 * 1024 * 1024, 0xff));
  assert.deepEqual([large.status, large.answer.code], [413, 'FILE_TOO_LARGE']);
  // The instances' figures are not for everybody, however the path is written.
  for (const path of ['/metrics', '/%6detrics', '/metrics/'])
    assert.equal((await fetch(url + path)).status, 404, path);
  return `${answer.prediction}, by ${answer.model.name}`;
}

async function fences({ project }: Setting): Promise<string> {
  for (const [service, count] of [
    ['api', 2],
    ['worker', 1],
    ['redis', 1],
    ['proxy', 1],
  ] as const)
    await untilHealthy(project, service, count);
  await checkContainers(project);
  await checkWorkerNetwork(project);
  return 'not root, read-only, no capabilities, workers without a way out';
}

async function scaleUp({ project, url }: Setting): Promise<string> {
  await project.scale('worker', 3);
  await until('3 workers ready', async () => {
    return (await json<{ workers: number }>(`${url}/readyz`)).workers === 3;
  });
  return '';
}

async function kill(setting: Setting): Promise<string> {
  const { project } = setting;
  const [victim] = await project.containers('worker');
  assert.ok(victim);
  const said = await underLoad(setting, 'kill', async () => {
    await pause(1000);
    // All but the init process, which then ends as the worker did.
    await docker('exec', victim.Id, 'sh', '-c', 'kill -9 -1');
    await until('the worker has been started again', async () => {
      const [again] = JSON.parse(await docker('inspect', victim.Id));
      return again.RestartCount === 1;
    });
    await untilHealthy(project, 'worker', 3);
  });
  return `${said}; started again by itself`;
}

async function scaleDown(setting: Setting): Promise<string> {
  return await underLoad(setting, 'down', async () => {
    await pause(500);
    await setting.project.scale('worker', 1);
    await pause(500);
  });
}

async function stopApi(setting: Setting): Promise<string> {
  const { project } = setting;
  const [instance] = await project.containers('api');
  assert.ok(instance);
  const said = await underLoad(setting, 'stop', async () => {
    await docker('stop', '-t', '30', instance.Id);
    await docker('start', instance.Id);
    await untilHealthy(project, 'api', 2);
    await docker('stop', '-t', '30', instance.Id);
  });
  // What it was killed by would be in its place.
  const [{ State }] = JSON.parse(await docker('inspect', instance.Id));
  assert.equal(State.ExitCode, 0);
  await docker('start', instance.Id);
  await untilHealthy(project, 'api', 2);
  return said;
}

/** It is said, and all goes on as it was. */
async function refuseBadSetting(setting: Setting): Promise<string> {
  const { project } = setting;
  const said = await underLoad(setting, 'bad', async () => {
    project.settings.RATE_LIMIT = 'lots';
    await assert.rejects(project.up(), /bad setting: RATE_LIMIT.*the new api does not start/s);
    project.settings.RATE_LIMIT = '';
  });
  await untilHealthy(project, 'api', 2);
  return said;
}

/** By another image: its label has another value. A worker that was stopped is not taken for a new one. */
async function roll(setting: Setting): Promise<string> {
  const { project } = setting;
  const ids = async () =>
    (await Promise.all(['api', 'worker'].map((service) => project.containers(service))))
      .flat()
      .map(({ Id }) => Id);
  const before = await ids();
  const workers = await project.containers('worker');
  await project.scale('worker', 2);
  const added = (await project.containers('worker')).filter(({ Id }) =>
    workers.every((worker) => worker.Id !== Id),
  );
  await docker('stop', '-t', '30', ...added.map(({ Id }) => Id));
  project.settings.REVISION = 'next';
  const said = await underLoad(setting, 'roll', () => project.up());
  const after = await ids();
  assert.equal(after.length, before.length);
  assert.deepEqual(
    after.filter((id) => before.includes(id) || added.some(({ Id }) => Id === id)),
    [],
  );
  return said;
}

/** A worker with another model joins: answers say whose they are, and each model has its own cache. */
async function bringModel(setting: Setting): Promise<string> {
  const { project, url, models } = setting;
  project.settings.MODEL = models[1];
  const photo = freshPhoto('model');
  const said = await underLoad(setting, 'beside', async () => {
    await project.compose('up', '-d', 'model');
    await project.scale('worker', 2);
    await untilHealthy(project, 'worker', 2);
    const seen = new Set<string>();
    await until('both models answer', async () => {
      const { answer } = await predict(url, photo, { 'cache-control': 'no-cache' });
      assert.equal(answer.prediction, 'orange');
      seen.add(answer.model.name);
      return models.every((model) => seen.has(model));
    });
  });
  const keys = await redisCli(project, '--scan', '--pattern', `*:cache:${sha256Of(photo)}:*`);
  assert.equal(new Set(keys.split('\n')).size, 2, keys);
  return said;
}

async function leaveModel(setting: Setting): Promise<string> {
  const { project, url, models } = setting;
  const said = await underLoad(setting, 'leave', () => project.up());
  assert.equal((await json<{ name: string }>(`${url}/model`)).name, models[1]);
  // Both models have answered the one, which comes from the cache of the model that is there.
  const again = await predict(url, freshPhoto('model'));
  assert.deepEqual([again.answer.cached, again.answer.model.name], [true, models[1]]);
  // The other one was answered by the old model alone.
  const { answer } = await predict(url, freshPhoto('first'));
  assert.deepEqual([answer.cached, answer.model.name], [false, models[1]]);
  return said;
}
