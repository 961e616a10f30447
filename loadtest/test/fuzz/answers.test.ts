import { expect, it } from 'vitest';
import { readAnswers } from '../../src/fuzz/answers.ts';

const read = (text: string, { ended = false, isHead = false } = {}) =>
  readAnswers(Buffer.from(text, 'latin1'), ended, isHead);

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\nhi';

it('reads answers one behind the other', () => {
  const { answers, malformed, rest } = read(`${OK}${OK}HTTP/1.1`);
  expect(answers.map(({ status, body }) => [status, body])).toEqual([
    [200, 'hi'],
    [200, 'hi'],
  ]);
  expect(answers[0]?.headers).toEqual({ 'content-length': '2', x: 'y' });
  expect([malformed, rest]).toEqual([null, 8]);
});

it('reads chunks, and waits for the last one', () => {
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  expect(read(`${head}2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n`).answers[0]?.body).toBe('hi!');
  expect(read(`${head}2\r\nhi\r\n0\r\n`).answers).toEqual([]);
});

it('takes what comes until the end where no length is said', () => {
  const text = 'HTTP/1.1 200 OK\r\n\r\nhi';
  expect(read(text).answers).toEqual([]);
  expect(read(text, { ended: true }).answers[0]?.body).toBe('hi');
});

it('passes over 100 and expects no body of HEAD', () => {
  const continued = `HTTP/1.1 100 Continue\r\n\r\n${OK}`;
  expect(read(continued).answers.map(({ status }) => status)).toEqual([200]);
  const head = 'HTTP/1.1 404 Not Found\r\nContent-Length: 500\r\n\r\n';
  expect(read(head, { isHead: true }).answers[0]?.body).toBe('');
  expect(read(head).answers).toEqual([]);
});

it.each(['rubbish\r\n\r\n', 'HTTP/1.1 200 OK\r\nno colon\r\n\r\n', 'HTTP/1.1 20 OK\r\n\r\n'])(
  'says that it is no answer: %j',
  (text) => {
    expect(read(text).malformed).not.toBeNull();
  },
);
