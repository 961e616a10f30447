// One short round of the real thing: whether it measures, not what.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { machineryOf } from '../../src/bench/machinery.ts';
import { paced } from '../../src/bench/paced.ts';
import { startLoad } from '../../src/load.ts';
import { makePhotos } from '../../src/photos.ts';
import { Service } from '../../src/service.ts';

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('measures CPU of API, Redis and worker, and leaves none of them behind', async () => {
  await using closing = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'synset-bench-test-'));
  closing.defer(() => rm(folder, { recursive: true }));
  const load = startLoad();
  closing.defer(() => load.close());
  const photos = await makePhotos(folder, 'imagenet');
  const service = await Service.start({ ...paced(0), modelDir: folder, folder }, closing);
  const { api, redis, workers } = await service.processes();
  // Not so long that Redis rewrites its file, of 80 MB of photos a second: on a slow disk it is silent then.
  const figures = await machineryOf(service, load, { photos, rounds: 1, ms: 200 });
  expect(figures.perSecond).toBeGreaterThan(0);
  for (const ms of Object.values(figures.cpu)) expect(ms).toBeLessThan(1000);
  await service.close();
  expect([api, redis, ...workers].filter(isThere)).toEqual([]);
});
