// Who is sent what, how often Redis is asked for it, and what runs when nobody looks.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { LiveBoard } from '../src/live/board.ts';
import { Reporter } from '../src/live/reporter.ts';
import type { Answered } from '../src/live/window.ts';
import type { Windows } from '../src/live/windows.ts';
import type { LiveFigures } from '../src/schemas/live.ts';

const figures: LiveFigures = {
  redis: true,
  workers: 1,
  backlog: 0,
  requestsPerS: 0,
  p50Ms: null,
  p95Ms: null,
  model: null,
};

const useFakeTimers = () =>
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });

afterEach(() => {
  vi.useRealTimers();
});

describe('the board', () => {
  /** Counts in the backlog how often it was looked. */
  function boardOf(until?: Promise<void>) {
    let looks = 0;
    const board = new LiveBoard(async () => {
      const backlog = ++looks;
      await until;
      return { ...figures, backlog };
    });
    return { board, looks: () => looks };
  }

  /** A stream in the place of an answer, with the backlogs that it was sent. */
  function viewerOf(board: LiveBoard) {
    const stream = new PassThrough();
    board.checkRoom();
    board.add(stream as unknown as ServerResponse);
    const sent: number[] = [];
    stream.on('data', (chunk) => {
      for (const [, json] of `${chunk}`.matchAll(/^data: (.*)\n\n/gm)) {
        sent.push(JSON.parse(json ?? '').backlog);
      }
    });
    const leave = async () => {
      stream.destroy();
      await once(stream, 'close');
    };
    return { stream, sent, leave };
  }

  test('looks once for all, at once and every two seconds', async () => {
    useFakeTimers();
    const { board, looks } = boardOf();
    const [first, second] = [viewerOf(board), viewerOf(board)];
    await vi.advanceTimersByTimeAsync(0);
    const others = Array.from({ length: 98 }, () => viewerOf(board));
    others.push(second);
    await vi.advanceTimersByTimeAsync(1999);
    for (const { sent } of [first, ...others]) expect(sent).toEqual([1]);
    await vi.advanceTimersByTimeAsync(1);
    for (const { sent } of [first, ...others]) expect(sent).toEqual([1, 2]);
    expect(looks()).toBe(2);
    board.close();
  });

  test('does nothing when all have left, and looks anew for who comes then', async () => {
    useFakeTimers();
    const { board, looks } = boardOf();
    const viewers = [viewerOf(board), viewerOf(board)];
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(1);
    for (const { leave } of viewers) await leave();
    expect(vi.getTimerCount()).toBe(0);
    const late = viewerOf(board);
    await vi.advanceTimersByTimeAsync(0);
    expect([late.sent, looks()]).toEqual([[2], 2]);
    board.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('looks no more for one who leaves while it looks', async () => {
    useFakeTimers();
    const gate = Promise.withResolvers<void>();
    const { board, looks } = boardOf(gate.promise);
    await viewerOf(board).leave();
    gate.resolve();
    await vi.advanceTimersByTimeAsync(10_000);
    expect([looks(), vi.getTimerCount()]).toEqual([1, 0]);
    const late = viewerOf(board);
    await vi.advanceTimersByTimeAsync(2000);
    expect(late.sent).toEqual([2, 3]);
    board.close();
  });

  test('has no place for more than a hundred, until one leaves', async () => {
    const { board } = boardOf();
    const [first] = Array.from({ length: 100 }, () => viewerOf(board));
    const problem = { code: 'QUEUE_FULL', retryAfterS: 30 };
    expect(() => board.checkRoom()).toThrow(expect.objectContaining(problem));
    await first?.leave();
    board.checkRoom();
    board.close();
  });

  test('ends a stream that is old, and no other', async () => {
    useFakeTimers();
    const { board } = boardOf();
    const { stream } = viewerOf(board);
    await vi.advanceTimersByTimeAsync(200_000);
    const young = viewerOf(board);
    await vi.advanceTimersByTimeAsync(99_000);
    expect(stream.writableEnded).toBe(false);
    await vi.advanceTimersByTimeAsync(4000);
    expect([stream.writableEnded, young.stream.writableEnded]).toEqual([true, false]);
    while (!young.stream.writableEnded) await vi.advanceTimersByTimeAsync(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends all when it closes, and takes no others', async () => {
    const { board } = boardOf();
    const viewers = [viewerOf(board), viewerOf(board)];
    board.close();
    for (const { stream } of viewers) expect(stream.writableEnded).toBe(true);
    expect(() => board.checkRoom()).toThrow(expect.objectContaining({ code: 'SHUTTING_DOWN' }));
  });

  test('drops a client that does not read, and sends on to the others', async () => {
    // As much as the kernel holds for a client is sent soon by it.
    const name = 'x'.repeat(50_000);
    const model = { name, trained: true };
    const limits = { everyMs: 0, unreadBytes: 500_000 };
    const board = new LiveBoard(async () => ({ ...figures, model }), limits);
    const answers: ServerResponse[] = [];
    const server = createServer((_request, response) => {
      answers.push(response);
      board.add(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const reader = await fetch(`http://127.0.0.1:${port}`);
    const idle = connect(port, '127.0.0.1');
    onTestFinished(() => {
      board.close();
      idle.destroy();
      server.closeAllConnections();
      server.close();
    });
    idle.pause();
    idle.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    let bytes = 0;
    const dropped = once(server, 'request').then(([, response]) => once(response, 'close'));
    const read = async () => {
      for await (const chunk of reader.body ?? []) {
        bytes += chunk.length;
        if (answers[1]?.destroyed) return bytes;
      }
      return null;
    };
    const [after] = await Promise.all([read(), dropped]);
    expect(after).toBeGreaterThan(name.length);
    expect(answers[0]?.destroyed).toBe(false);
  });
});

describe('the reporter', () => {
  function reporterOf(isWatched: () => Promise<boolean>) {
    const asked = vi.fn(isWatched);
    const written: Answered[] = [];
    const write = async (_instance: string, window: Answered) => void written.push(window);
    const windows = { isWatched: asked, write } as unknown as Windows;
    return { reporter: new Reporter(windows), asked, written };
  }

  test('asks once a second while there is something to tell, for a minute', async () => {
    useFakeTimers();
    const { reporter, asked, written } = reporterOf(async () => false);
    expect(vi.getTimerCount()).toBe(0);
    for (let i = 0; i < 100; i++) reporter.answered(20);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toHaveBeenCalledTimes(10);
    await vi.advanceTimersByTimeAsync(110_000);
    expect(asked.mock.calls.length).toBeLessThanOrEqual(61);
    expect([written, vi.getTimerCount()]).toEqual([[], 0]);
    reporter.answered(20);
    expect(vi.getTimerCount()).toBe(1);
    reporter.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('writes while somebody looks', async () => {
    useFakeTimers();
    let watched = true;
    const { reporter, written } = reporterOf(async () => watched);
    reporter.answered(20, 5);
    await vi.advanceTimersByTimeAsync(3000);
    expect(written).toHaveLength(3);
    expect(written[2]?.times).toEqual([[expect.any(Number), 5]]);
    watched = false;
    await vi.advanceTimersByTimeAsync(3000);
    expect(written).toHaveLength(3);
    reporter.close();
  });

  test('goes on when Redis was away', async () => {
    useFakeTimers();
    let away = true;
    const { reporter, written } = reporterOf(async () => {
      if (away) throw new Error('away');
      return true;
    });
    reporter.answered(20);
    await vi.advanceTimersByTimeAsync(3000);
    away = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(written).toHaveLength(1);
    reporter.close();
  });

  test('closed while it asks, it asks no more', async () => {
    useFakeTimers();
    const answer = Promise.withResolvers<boolean>();
    const { reporter } = reporterOf(() => answer.promise);
    reporter.answered(20);
    await vi.advanceTimersByTimeAsync(1000);
    reporter.close();
    answer.resolve(true);
    await vi.advanceTimersByTimeAsync(0);
    reporter.answered(20);
    expect(vi.getTimerCount()).toBe(0);
  });
});
