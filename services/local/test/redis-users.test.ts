// Redis with users, passwords and TLS, as SECURITY.md says how to set it up.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createRedis } from '@synset/shared';
import {
  freePort,
  type Program,
  runProgram,
  silentLog,
  startTestRedis,
  type TestRedis,
  testPhoto,
} from '@synset/shared/testing';
import { afterEach, expect, onTestFinished, test } from 'vitest';

const API = new URL('../../api/src/server.ts', import.meta.url);
const WORKER = new URL('../../worker/src/main.ts', import.meta.url);
const EXAMPLE = new URL('../redis-acl.example', import.meta.url);
const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';

const exec = promisify(execFile);

let programs: Program[] = [];

afterEach(async () => {
  for (const program of programs) {
    program.process.kill('SIGTERM');
    await program.exit;
  }
  programs = [];
});

async function startApi(env: NodeJS.ProcessEnv) {
  const api = runProgram(API, { PORT: '0', LOG_LEVEL: 'trace', ...env });
  programs.push(api);
  await api.printed('"listening"');
  const url = /"address":"([^"]+)"/.exec(api.output())?.[1] ?? '';
  const ready = async () => {
    const { status, detail } = (await (await fetch(`${url}/readyz`)).json()) as Record<
      string,
      unknown
    >;
    return detail ?? status;
  };
  return { ...api, url, ready };
}

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'synset-redis-users-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

async function redisFor(options: Parameters<typeof startTestRedis>[0]): Promise<TestRedis> {
  const redis = await startTestRedis(options);
  onTestFinished(() => redis.stop());
  return redis;
}

/** The same server, by another user or none. */
const as = ({ url }: TestRedis, login: string) => {
  const { host } = new URL(url);
  return `redis://${login && `${login}@`}${host}`;
};

async function connect(url: string) {
  const client = createRedis({ url, name: 'test', log: silentLog });
  await client.connect();
  onTestFinished(() => client.destroy());
  return client;
}

const NO_WORKER = 'No worker is ready.';
const NO_REDIS = 'Redis cannot be reached.';

test('a password is used, and shown nowhere', async () => {
  const redis = await redisFor({ args: ['--requirepass', 'right-secret'], login: ':right-secret' });
  const api = await startApi({ REDIS_URL: redis.url });
  while ((await api.ready()) !== NO_WORKER);
  const client = await connect(redis.url);
  expect(JSON.stringify(await client.clientList())).not.toContain('right-secret');
  const title = await readFile(`/proc/${api.process.pid}/cmdline`, 'utf8');
  for (const text of [api.output(), title]) expect(text).not.toContain('right-secret');
});

test.each(['wrong-secret', ''])('the password "%s" is wrong, says the log', async (password) => {
  const redis = await redisFor({ args: ['--requirepass', 'right-secret'], login: ':right-secret' });
  const api = await startApi({ REDIS_URL: as(redis, password && `:${password}`) });
  await api.printed(password ? 'WRONGPASS' : 'NOAUTH');
  expect((await fetch(`${api.url}/readyz`)).status).toBe(503);
  expect(await api.ready()).toBe(NO_REDIS);
  expect(api.output()).not.toMatch(/secret/);
});

/** Says all that may be said of a prediction, one opinion after the other. */
async function judge(url: string, id: string): Promise<void> {
  const photo = new Blob([new Uint8Array(testPhoto('nagasaki-boats'))]);
  const say = async (correct: string, withPhoto: boolean) => {
    const body = new FormData();
    for (const [name, value] of Object.entries({ id, correct })) body.append(name, value);
    if (withPhoto) body.append('keepPhoto', 'true');
    if (withPhoto) body.append('file', photo);
    return (await fetch(`${url}/feedback`, { method: 'POST', body })).status;
  };
  // What the cache answered is remembered a moment later.
  while ((await say('true', true)) === 404);
  expect(await say('false', true)).toBe(201);
  expect(await say('false', false)).toBe(201);
  const rows = await (await fetch(`${url}/feedback`)).text();
  expect(JSON.parse(rows)).toMatchObject({ id, correct: false, photo: { kept: false } });
}

/** Starts Redis with the users of the example. */
async function redisWithUsers(): Promise<TestRedis> {
  const file = join(await folder(), 'users.acl');
  await writeFile(file, await readFile(EXAMPLE));
  return await redisFor({ args: ['--aclfile', file], login: 'operator:change-me-operator' });
}

test('with the users of the example everything works, and nothing more is allowed', async () => {
  const redis = await redisWithUsers();
  const operator = await connect(redis.url);
  const api = await startApi({
    REDIS_URL: as(redis, 'api:change-me-api'),
    RATE_LIMIT: '1000000/h',
  });
  const worker = runProgram(WORKER, {
    REDIS_URL: as(redis, 'worker:change-me-worker'),
    MODEL: 'testcard-int8',
    MODEL_DIR,
  });
  programs.push(worker);
  while ((await api.ready()) !== 'ready');
  const send = async (path: string, headers: Record<string, string> = {}) => {
    const body = new FormData();
    const photo = new Uint8Array(testPhoto('nagasaki-boats'));
    body.append('file', new Blob([photo]), 'a.jpg');
    const response = await fetch(api.url + path, { method: 'POST', body, headers });
    return { status: response.status, text: await response.text() };
  };
  for (const cached of [false, true]) {
    const answer = await send('/predict');
    expect(JSON.parse(answer.text)).toMatchObject({ success: true, cached });
  }
  const headers = { 'idempotency-key': 'once' };
  const accepted = await send('/jobs', headers);
  expect(await send('/jobs', headers)).toEqual(accepted);
  const { href } = JSON.parse(accepted.text).jobs[0];
  for (let status = ''; status !== 'done'; ) {
    ({ status } = (await (await fetch(api.url + href)).json()) as { status: string });
  }
  await judge(api.url, JSON.parse((await send('/predict')).text).id);
  const [shown] = (await send('/')).text.match(/\/display\/[\w-]+/) ?? [];
  expect((await fetch(api.url + shown)).status).toBe(200);
  expect((await fetch(`${api.url}/metrics`)).status).not.toBe(500);
  // Events come until the API has written, for those who look, what it has answered.
  for await (const event of (await fetch(`${api.url}/live`)).body ?? []) {
    expect(`${Buffer.from(event)}`).not.toContain('"redis":false');
    if ((await operator.exists('synset:{0}:live')) === 1) break;
  }
  for (const program of programs.splice(0)) {
    program.process.kill('SIGTERM');
    expect(await program.exit).toBe(0);
  }
  // Redis notes what it has refused, in scripts too.
  expect(await operator.sendCommand(['ACL', 'LOG'])).toEqual([]);
}, 60_000);

test('the users of the example may not look around, nor destroy', async () => {
  const redis = await redisWithUsers();
  const operator = await connect(redis.url);
  const forbidden = [
    ...['FLUSHALL', 'FLUSHDB', 'KEYS *', 'SCAN 0', 'CONFIG GET *', 'CONFIG SET dir /tmp', 'SAVE'],
    ...['SHUTDOWN', 'DEBUG SLEEP 1', 'ACL LIST', 'CLIENT LIST', 'CLIENT KILL ID 1', 'MONITOR'],
    ...['SCRIPT FLUSH', 'FUNCTION FLUSH', 'MODULE LIST', 'SUBSCRIBE x', 'GET other', 'SET other 1'],
    ...['REPLICAOF 127.0.0.1 1', 'MIGRATE 127.0.0.1 1 synset:x 0 1', 'RESTORE synset:x 0 x'],
    'RENAME synset:x synset:y',
  ];
  for (const user of ['api', 'worker']) {
    for (const command of forbidden) {
      const answer = await operator.sendCommand(['ACL', 'DRYRUN', user, ...command.split(' ')]);
      expect(answer, `${user} ${command}`).toMatch(/no permissions|can't run|cannot|no access/i);
    }
  }
  // What comes up where something has failed, and a short run does not show.
  const seldom = [
    'XPENDING synset:x classifiers - + 1',
    'XAUTOCLAIM synset:x classifiers w 0 0',
    'XCLAIM synset:x classifiers w 0 1-1 JUSTID',
    'XTRIM synset:x MAXLEN 1',
    'XADD synset:x * a b',
    'MEMORY USAGE synset:x',
    'XDEL synset:x 1-1',
    'XGROUP CREATE synset:x classifiers 0 MKSTREAM',
    'HDEL synset:x y',
  ];
  for (const command of seldom) {
    const answer = operator.sendCommand(['ACL', 'DRYRUN', 'worker', ...command.split(' ')]);
    expect(await answer, command).toBe('OK');
  }
  expect((await exec('redis-cli', ['-u', as(redis, ''), 'ping'])).stdout).toMatch('NOAUTH');
});

/** A certificate authority, and a certificate of it for 127.0.0.1. */
async function certificates() {
  const dir = await folder();
  const openssl = (...args: string[]) => exec('openssl', args, { cwd: dir });
  const short = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ];
  await openssl('req', '-x509', ...short, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=CA');
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=CA:FALSE'];
  const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-subj', '/CN=redis', ...names];
  await openssl('req', '-x509', ...short, '-keyout', 'redis.key', '-out', 'redis.crt', ...by);
  return (name: string) => join(dir, name);
}

test('TLS, with a certificate authority of your own', async () => {
  const file = await certificates();
  const port = await freePort();
  await redisFor({
    args: [
      ...[
        '--tls-port',
        `${port}`,
        '--tls-auth-clients',
        'no',
        '--tls-ca-cert-file',
        file('ca.crt'),
      ],
      ...['--tls-cert-file', file('redis.crt'), '--tls-key-file', file('redis.key')],
    ],
  });
  const REDIS_URL = `rediss://127.0.0.1:${port}`;
  const api = await startApi({ REDIS_URL, NODE_EXTRA_CA_CERTS: file('ca.crt') });
  while ((await api.ready()) !== NO_WORKER);
  const strict = await startApi({ REDIS_URL });
  await strict.printed('certificate');
  expect(await strict.ready()).toBe(NO_REDIS);
});
