import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Line } from '../../src/chaos/line.ts';

/** Both ends of a connection over a line. */
async function connected(): Promise<{ line: Line; near: Socket; far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const line = await Line.start((server.address() as { port: number }).port);
  onTestFinished(() => line.close());
  const near = connect(line.port, '127.0.0.1').on('error', () => {});
  const [far] = (await once(server, 'connection')) as [Socket];
  far.on('error', () => {});
  return { line, near, far };
}

test('a line carries both ways', async () => {
  const { near, far } = await connected();
  near.write('there');
  expect(`${(await once(far, 'data'))[0]}`).toBe('there');
  far.write('back');
  expect(`${(await once(near, 'data'))[0]}`).toBe('back');
});

test('a line that is cut ends both ways', async () => {
  const { line, near, far } = await connected();
  const closed = [near, far].map((end) => new Promise((resolve) => end.once('close', resolve)));
  line.cut();
  await Promise.all(closed);
});

test('a silent line keeps what is sent for later, once', async () => {
  const { line, near, far } = await connected();
  near.write('before ');
  let text = `${(await once(far, 'data'))[0]}`;
  far.on('data', (data) => {
    text += data;
  });
  const silence = Promise.all([line.silence(50), line.silence(100)]);
  near.write('after');
  await line.silence(75);
  expect(text).toBe('before ');
  await silence;
  while (text.length < 'before after'.length) await new Promise(setImmediate);
  near.write('.');
  while (!text.endsWith('.')) await new Promise(setImmediate);
  expect(text).toBe('before after.');
});
