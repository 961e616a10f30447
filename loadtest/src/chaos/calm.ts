// What is asked while nothing is done to the system.
import { setTimeout as pause } from 'node:timers/promises';
import { type PhotoName, photoNames, testPhoto } from '@synset/shared/testing';
import { ask } from './http.ts';
import type { System } from './system.ts';

const READY_DEADLINE_MS = 60_000;

/** All instances are ready, and each sees all workers. Rejects when that does not come about. */
export async function untilReady({ apis, workers, observer }: System): Promise<void> {
  const deadline = performance.now() + READY_DEADLINE_MS;
  const isReady = async (url: string) => {
    const answer = await ask(`${url}/readyz`).catch(() => null);
    return (answer?.body as { workers?: number } | undefined)?.workers === workers.length;
  };
  while (
    !observer.isReady ||
    !(await Promise.all(apis.map(({ url }) => isReady(url)))).every(Boolean)
  ) {
    if (performance.now() > deadline) throw new Error('the services did not become ready');
    await pause(100);
  }
}

/** The category of each photo, said by one worker with nothing else to do. */
export async function askInCalm({ apis: [api] }: System): Promise<Map<PhotoName, string>> {
  const right = new Map<PhotoName, string>();
  for (const name of photoNames) {
    const headers = { 'content-type': 'image/jpeg', 'cache-control': 'no-cache' };
    const { body } = await ask(`${api?.url}/predict`, { headers, body: testPhoto(name) });
    right.set(name, (body as { prediction: string }).prediction);
  }
  return right;
}
