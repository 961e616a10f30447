// Whether the service can answer for photos at this moment.
import type { WorkerInfo } from '@synset/shared';
import type { Services } from './services.ts';
import { noRedis, noWorker, unavailable } from './unavailable.ts';

/** Who would do the work. Rejects with QUEUE_UNAVAILABLE where there is no Redis, or no worker. */
export async function readyWorkers({ transport, watch }: Services): Promise<readonly WorkerInfo[]> {
  if (!transport.connected) throw noRedis();
  const workers = await watch.now().catch(unavailable);
  if (workers.length === 0) throw noWorker();
  return workers;
}
