// A thread with one ONNX Runtime session.
//
// `session.run()` is synchronous under its promise (microsoft/onnxruntime#19611): on the thread
// that talks to Redis it would stop the heartbeats for the time of an inference.
import { workerData } from 'node:worker_threads';
import { answerCalls } from '../thread.ts';
import type { BatchOutput, Started } from './backend.ts';
import { Session } from './session.ts';

/** Null asks what the session was started with. */
export type Call = Uint8Array | null;

const session = await Session.open(workerData);

async function answer(pixels: Call): Promise<Started | BatchOutput> {
  if (!pixels) return { providers: session.providers, skipped: session.skipped };
  const started = performance.now();
  const probabilities = await session.run(pixels);
  return { probabilities, inferenceMs: performance.now() - started };
}

answerCalls(answer);
