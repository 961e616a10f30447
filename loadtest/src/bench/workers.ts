// What a second worker brings: requests a second of two workers and of one.
import { putLoad } from '../load.ts';
import type { Service } from '../service.ts';
import { perSecond } from '../statistics.ts';
import type { Context, Settings } from './context.ts';
import { paced } from './paced.ts';
import { inPairs, type Pairs } from './pairs.ts';

/** Enough for both workers to have something to do at any time. */
const CONNECTIONS = 8;
/** What an inference takes; the worker only waits, so that the cores are no limit. */
const DELAY_MS = 20;
/** The ratio of two that wait hardly varies, and of the other one nothing is wanted. */
const ROUNDS = 7;
const TURN_MS = 1200;

/** Requests a second: of two workers and of one. */
export interface Workers {
  readonly paced: Pairs;
  /** They share the cores that one of them has for itself. */
  readonly int8: Pairs;
}

export async function measureWorkers(context: Context): Promise<Workers> {
  const { say } = context.options;
  say(`two workers and one that take ${DELAY_MS} ms a photo`);
  const waiting = await twoByOne(context, paced(DELAY_MS));
  say('two workers and one, int8');
  return { paced: waiting, int8: await twoByOne(context, { model: 'testcard-int8' }) };
}

async function twoByOne(context: Context, settings: Settings): Promise<Pairs> {
  const { load } = context.options;
  const photos = await context.photosOf('imagenet');
  const rate = async ({ url }: Service) =>
    perSecond(await putLoad(load, { url, photos, connections: CONNECTIONS, ms: TURN_MS }));
  return await context.withService({ ...settings, workers: 2 }, (two) =>
    context.withService(settings, (one) =>
      inPairs(
        ROUNDS,
        () => rate(two),
        () => rate(one),
      ),
    ),
  );
}
