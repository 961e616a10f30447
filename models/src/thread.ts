// Work in a thread that ends with it, which is the sure way to have its memory back: reading files
// of 100 MB as protobuf would leave a process that lives for months 130 to 300 MB larger.
import { parentPort, Worker } from 'node:worker_threads';
import { ModelError } from './error.ts';

type Answer<T> = { result: T } | { problem: string };

/** Runs `script`, which calls `answerWith`, and resolves when the thread has ended. */
export async function runInThread<T>(script: URL, workerData: object): Promise<T> {
  const thread = new Worker(script, { workerData });
  const ended = new Promise((resolve) => thread.once('exit', resolve));
  const answer = await new Promise<Answer<T>>((resolve, reject) => {
    thread.once('message', resolve).once('error', reject);
  });
  await ended;
  if ('problem' in answer) throw new ModelError(answer.problem);
  return answer.result;
}

/** The thread's side. Errors lose their class on the way between threads. */
export async function answerWith(work: () => Promise<unknown>): Promise<void> {
  try {
    parentPort?.postMessage({ result: await work() });
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    parentPort?.postMessage({ problem: error.message });
  }
}
