// The thread that a model is loaded in.
import { parentPort, workerData } from 'node:worker_threads';
import { ModelError } from './error.ts';
import type { LoadResult } from './load.ts';
import { loadModelHere } from './load-here.ts';

interface Request {
  model: string;
  modelDir: string;
  check: string | undefined;
}

async function load({ model, modelDir, check }: Request): Promise<LoadResult> {
  try {
    return { model: await loadModelHere(model, modelDir, check) };
  } catch (error) {
    // Errors lose their class on the way between threads.
    if (error instanceof ModelError) return { problem: error.message };
    throw error;
  }
}

parentPort?.postMessage(await load(workerData));
