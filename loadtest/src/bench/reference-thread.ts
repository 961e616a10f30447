// One session of the reference, in a thread: `session.run()` holds its thread while it computes.
import { parentPort, workerData } from 'node:worker_threads';
import { PIXELS, PROBABILITIES } from '@synset/models';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const { path, threads } = workerData as { path: string; threads: number };

// The options of the service's sessions (services/worker/src/backend/session.ts).
const session = await InferenceSession.create(path, {
  executionProviders: ['cpu'],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  extra: { session: { intra_op: { allow_spinning: '0' } } },
});

parentPort?.on('message', async (pixels: Uint8Array) => {
  const feeds = { [PIXELS]: new Tensor('uint8', pixels, [1, 224, 224, 3]) };
  const output = await session.run(feeds, [PROBABILITIES]);
  parentPort?.postMessage(output[PROBABILITIES]?.data);
});
