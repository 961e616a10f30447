// A thread with one ONNX Runtime session.
//
// `session.run()` is synchronous under its promise (microsoft/onnxruntime#19611): on the thread
// that talks to Redis it would stop the heartbeats for the time of an inference.
import { workerData } from 'node:worker_threads';
import type { Explainer } from '@synset/models';
import { explain } from '../explain.ts';
import { answerCalls } from '../thread.ts';
import { type BatchOutput, CLASSES, PHOTO_BYTES, type Started } from './backend.ts';
import { Session, type SessionOptions } from './session.ts';

export interface ThreadOptions extends SessionOptions {
  /** Left out where the model cannot explain. */
  readonly explainer: Explainer | undefined;
}

/** See `Backend.infer`. */
export interface Batch {
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly explain: readonly boolean[];
}

/** Null asks what the session was started with. */
export type Call = Batch | null;

const options: ThreadOptions = workerData;
const session = await Session.open(options);

async function answer(batch: Call): Promise<Started | BatchOutput> {
  if (!batch) return { providers: session.providers, skipped: session.skipped };
  const started = performance.now();
  const output = await infer(batch);
  return { ...output, inferenceMs: performance.now() - started };
}

async function infer({ pixels, explain: wanted }: Batch) {
  const { explainer } = options;
  if (!explainer || !wanted.includes(true)) {
    return { probabilities: await session.run(pixels), grids: [] };
  }
  const { probabilities, map } = await session.runWithMap(pixels);
  const mapLength = map.length / (pixels.length / PHOTO_BYTES);
  const grids = wanted.map((isWanted, i) => {
    if (!isWanted) return null;
    const row = probabilities.subarray(i * CLASSES, (i + 1) * CLASSES);
    return explain(row, map.subarray(i * mapLength, (i + 1) * mapLength), explainer);
  });
  return { probabilities, grids };
}

answerCalls(answer);
