import { createHash } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { createRedis, inTime, RedisTimeout, runScript } from '../src/redis.ts';
import { randomPrefix, silentLog, startTestRedis } from '../src/testing/index.ts';

test('a Redis that is silent is given up, and used again when it speaks', async () => {
  const server = await startTestRedis();
  const redis = createRedis({ url: server.url, name: 'test', log: silentLog });
  await redis.connect();
  onTestFinished(async () => {
    redis.destroy();
    server.process.kill('SIGCONT');
    await server.stop();
  });
  expect(await inTime(redis, redis.ping(), 5000)).toBe('PONG');
  server.process.kill('SIGSTOP');
  await expect(inTime(redis, redis.ping(), 50)).rejects.toBeInstanceOf(RedisTimeout);
  // Nothing piles up meanwhile: commands fail at once.
  await expect(redis.ping()).rejects.toThrow();
  server.process.kill('SIGCONT');
  while (!redis.isReady) await new Promise(setImmediate);
  expect(await inTime(redis, redis.ping(), 5000)).toBe('PONG');
});

test('an answer that came while this process was halted counts as in time', async () => {
  const server = await startTestRedis();
  const redis = createRedis({ url: server.url, name: 'test', log: silentLog });
  await redis.connect();
  onTestFinished(async () => {
    redis.destroy();
    await server.stop();
  });
  const answer = inTime(redis, redis.ping(), 100);
  // Let the command leave, then do not look at the socket until the time is over.
  await new Promise(setImmediate);
  const end = performance.now() + 300;
  while (performance.now() < end);
  expect(await answer).toBe('PONG');
});

test('a Redis that is slow, but answers one command after the other, is not given up', async () => {
  const server = await startTestRedis();
  const redis = createRedis({ url: server.url, name: 'test', log: silentLog });
  await redis.connect();
  onTestFinished(async () => {
    redis.destroy();
    await server.stop();
  });
  const busy = `
    local function now() local t = redis.call('TIME'); return t[1] * 1000 + t[2] / 1000 end
    local start = now()
    while now() < start + 200 do end
    return 1`;
  // As long as photos are: what is short Redis takes together, and answers together.
  const options = { arguments: ['x'.repeat(1e6)] };
  const answers = Array.from({ length: 6 }, () => inTime(redis, redis.eval(busy, options), 700));
  expect(await Promise.all(answers)).toEqual([1, 1, 1, 1, 1, 1]);
});

test('a script runs also when Redis has forgotten it, and is sent only then', async () => {
  const redis = createRedis({ url: inject('redisUrl'), name: 'test', log: silentLog });
  await redis.connect();
  onTestFinished(() => redis.destroy());
  const script = `return ARGV[1] -- ${randomPrefix()}`;
  const answers = [];
  for (const arg of ['first', 'second']) answers.push(await runScript(redis, script, [], [arg]));
  await redis.scriptFlush();
  answers.push(await runScript(redis, script, [], ['third']));
  expect(answers).toEqual(['first', 'second', 'third']);
  expect(await redis.scriptExists(createHash('sha1').update(script).digest('hex'))).toEqual([1]);
});
