// Execution providers: tried in order, left out where this machine does not have them.
import { loadModel } from '@synset/models';
import { createKeys, createRedis, liveWorkers } from '@synset/shared';
import { randomPrefix, runProgram, silentLog } from '@synset/shared/testing';
import { expect, inject, test } from 'vitest';
import { Session } from '../src/backend/session.ts';

const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';

async function open(...providers: string[]): Promise<Session> {
  const { path } = await loadModel('testcard-int8', MODEL_DIR);
  const session = await Session.open({ path, threads: 1, providers });
  await session.release();
  return session;
}

const names = ({ skipped }: Session) => skipped.map(({ provider }) => provider);

// A machine with CUDA would have it.
test.skipIf(process.env.SYNSET_TEST_CUDA)('one that does not load is left out', async () => {
  for (const providers of [
    ['cuda', 'cpu'],
    ['cpu', 'cuda'],
  ]) {
    const session = await open(...providers);
    expect(session.providers).toEqual(['cpu']);
    expect(names(session)).toEqual(['cuda']);
    expect(session.skipped[0]?.reason).toMatch(/^[^\n]*Cuda[^\n]*$/i);
  }
  await expect(open('cuda')).rejects.toThrow(/no execution provider is to be had \(cuda: /);
});

test('one that ONNX Runtime does not know is left out', async () => {
  const session = await open('abacus', 'cpu');
  expect(session.providers).toEqual(['cpu']);
  expect(names(session)).toEqual(['abacus']);
  await expect(open('abacus')).rejects.toThrow('no execution provider is to be had (abacus: ');
});

test('a file that is no model is not blamed on the providers', async () => {
  const attempt = Session.open({ path: import.meta.filename, threads: 1, providers: ['cpu'] });
  await expect(attempt).rejects.toThrow(/protobuf/i);
});

test.skipIf(process.env.SYNSET_TEST_CUDA)(
  'a worker warns, says what it uses, and announces it',
  async () => {
    const prefix = randomPrefix();
    const redisUrl = inject('redisUrl');
    const worker = runProgram(new URL('../src/main.ts', import.meta.url), {
      REDIS_URL: redisUrl,
      KEY_PREFIX: prefix,
      MODEL: 'testcard-int8',
      MODEL_DIR,
      EXECUTION_PROVIDERS: 'cuda,abacus,cpu',
    });
    await worker.printed('"ready"');
    const redis = createRedis({ url: redisUrl, name: 'test', log: silentLog });
    await redis.connect();
    const [live] = await liveWorkers(redis, createKeys(prefix));
    redis.destroy();
    worker.process.kill('SIGTERM');
    await worker.exit;
    expect(live?.model).toMatchObject({ providers: ['cpu'], prepared: true });
    for (const name of ['cuda', 'abacus']) {
      expect(worker.output()).toContain(`execution provider ${name} is not to be had`);
    }
    expect(worker.output()).toMatch(/"providers":\["cpu"\].*model loaded/);
  },
);
