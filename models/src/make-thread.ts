// The thread that a prepared file is made in: its memory is free again when the file is checked.
import { workerData } from 'node:worker_threads';
import { makePrepared } from './make-prepared.ts';
import { answerWith } from './thread.ts';

await answerWith(() => makePrepared(workerData));
