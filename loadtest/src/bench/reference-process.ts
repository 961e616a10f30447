// The reference: photo -> decode -> session in one process, without HTTP and without Redis.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { answerCalls, settings } from '../child.ts';
import { type Throughput, throughput } from '../statistics.ts';
import { decode } from './decode.ts';
import type { ReferenceRound, ReferenceSettings } from './reference.ts';

const { path, sessions, threads } = settings<ReferenceSettings>();
const script = new URL('./reference-thread.ts', import.meta.url);
const idle = Array.from(
  { length: sessions },
  () => new Worker(script, { workerData: { path, threads } }),
);
const waiting: ((session: Worker) => void)[] = [];

function takeSession(): Promise<Worker> {
  const session = idle.pop();
  return session ? Promise.resolve(session) : new Promise((resolve) => waiting.push(resolve));
}

function giveBack(session: Worker): void {
  const next = waiting.shift();
  if (next) next(session);
  else idle.push(session);
}

async function classify(photo: Buffer): Promise<void> {
  const pixels = await decode(photo);
  const session = await takeSession();
  const answered = once(session, 'message');
  session.postMessage(pixels, [pixels.buffer]);
  const [probabilities] = await answered;
  giveBack(session);
  if (probabilities.length !== 1000) throw new Error('the reference gave no probabilities');
}

async function round({ photos, connections, ms }: ReferenceRound): Promise<Throughput> {
  const files = await Promise.all(photos.map((photo) => readFile(photo)));
  const end = performance.now() + ms;
  const moments: number[] = [];
  const one = async (at: number) => {
    for (let i = at; performance.now() < end; i++) {
      await classify(files[i % files.length] as Buffer);
      moments.push(performance.now());
    }
  };
  await Promise.all(Array.from({ length: connections }, (_, i) => one(i)));
  return throughput(moments.filter((moment) => moment < end));
}

answerCalls(round);
