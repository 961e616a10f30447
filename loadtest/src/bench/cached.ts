// Answers from the cache: requests a second, beside Fastify that reads the upload and does no more.
import { readFile } from 'node:fs/promises';
import { Child } from '../child.ts';
import { putLoad } from '../load.ts';
import type { Service } from '../service.ts';
import { perSecond } from '../statistics.ts';
import type { Context } from './context.ts';
import { paced } from './paced.ts';
import { inPairs, type Pairs } from './pairs.ts';

const CONNECTIONS = 8;
/** Each connection has posted all of its photos by then. */
const FILL_MS = 2000;
const CACHED = '"cached":true';

/** Requests a second: of the service and of plain Fastify. */
export async function measureCached(context: Context): Promise<Pairs> {
  const { plan, load, closing, say } = context.options;
  say('cached answers: filling the cache');
  const photos = await context.photosOf('imagenet');
  const round = { photos, connections: CONNECTIONS };
  return await context.withService(paced(0, { CACHE_TTL_S: '600' }), async (service) => {
    await putLoad(load, { ...round, url: service.url, ms: FILL_MS });
    const plain = new Child<object, string>(new URL('./plain-api-process.ts', import.meta.url));
    closing.defer(() => plain.close());
    // The same answer, so that as many bytes go back.
    const plainUrl = await plain.call(await cachedAnswer(service, photos[0] as string));
    const rate = async (url: string) =>
      perSecond(await putLoad(load, { ...round, url, ms: plan.turnMs, wanted: CACHED }));
    say(`  ${plan.rounds} rounds`);
    const pairs = await inPairs(
      plan.rounds,
      () => rate(service.url),
      () => rate(plainUrl),
    );
    await plain.close();
    return pairs;
  });
}

/** The load has ended each round with this photo. */
async function cachedAnswer({ url }: Service, photo: string): Promise<object> {
  const headers = { 'content-type': 'image/jpeg' };
  const body = new Uint8Array(await readFile(photo));
  const response = await fetch(`${url}/predict`, { method: 'POST', headers, body });
  const text = await response.text();
  if (!text.includes(CACHED)) throw new Error(`an answer that was not cached: ${text}`);
  return JSON.parse(text);
}
