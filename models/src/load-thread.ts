// The thread that a model is loaded in.
import { workerData } from 'node:worker_threads';
import { loadModelHere } from './load-here.ts';
import { answerWith } from './thread.ts';

await answerWith(() => loadModelHere(workerData.model, workerData.modelDir, workerData.check));
