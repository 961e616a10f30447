// The thread that a model is loaded in.
import { parentPort, workerData } from 'node:worker_threads';
import { ModelError } from './error.ts';
import type { LoadResult } from './load.ts';
import { loadModelHere } from './load-here.ts';

async function load(model: string, modelDir: string): Promise<LoadResult> {
  try {
    return { model: await loadModelHere(model, modelDir) };
  } catch (error) {
    // Errors lose their class on the way between threads.
    if (error instanceof ModelError) return { problem: error.message };
    throw error;
  }
}

parentPort?.postMessage(await load(workerData.model, workerData.modelDir));
