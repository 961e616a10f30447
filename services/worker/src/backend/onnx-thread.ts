// A thread with one ONNX Runtime session. The only file that imports onnxruntime-node.
//
// `session.run()` is synchronous under its promise (microsoft/onnxruntime#19611): on the thread
// that talks to Redis it would stop the heartbeats for the time of an inference.
import { workerData } from 'node:worker_threads';
import { PIXELS, PROBABILITIES } from '@synset/models/interface';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { answerCalls } from '../thread.ts';
import { type BatchOutput, PHOTO_BYTES, SIDE } from './backend.ts';

export interface SessionOptions {
  readonly path: string;
  readonly threads: number;
  readonly providers: readonly string[];
}

const { path, threads, providers } = workerData as SessionOptions;

const session = await InferenceSession.create(path, {
  executionProviders: [...providers],
  // Always explicit: the default follows the host's cores, not the container's
  // (microsoft/onnxruntime#29510), and several sessions would share them badly.
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
});

async function infer(pixels: Uint8Array): Promise<BatchOutput> {
  const n = pixels.length / PHOTO_BYTES;
  const started = performance.now();
  const output = await session.run({ [PIXELS]: new Tensor('uint8', pixels, [n, SIDE, SIDE, 3]) }, [
    PROBABILITIES,
  ]);
  const inferenceMs = performance.now() - started;
  return { probabilities: output[PROBABILITIES]?.data as Float32Array, inferenceMs };
}

answerCalls(infer);
