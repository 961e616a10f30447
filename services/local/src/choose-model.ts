// Which model `make run` serves where none is named: the trained one if it can be had, in a moment.
import { defaultModelName, defaultTestCardName, isPresent, ModelError } from '@synset/models';
import { fetchModel, Progress, useProxies } from '@synset/models/fetch';
import type { Plan } from './config.ts';

/** What a network that cannot be reached may cost a start. */
const FIRST_BYTE_MS = 5000;
/** Once bytes flow; someone sits there and waits. */
const LIMITS = { attempts: 3, stallMs: 10_000 };

/**
 * Fetches the trained model where it is not there yet, and else says why it takes the test card.
 * @throws the reason of `signal` when it was aborted
 */
export async function chooseModel(
  { config, env }: Plan,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const { MODEL, MODEL_DIR, MODEL_URL: mirror } = config;
  if (MODEL) return MODEL;
  const trained = defaultModelName();
  if (await isPresent(trained, MODEL_DIR)) return trained;
  say(`fetching the trained model ${trained}`);
  const report = new Progress(process.stderr, 'synset: ');
  const terms = { mirror, signal, report, firstByteMs: FIRST_BYTE_MS, limits: LIMITS };
  try {
    useProxies(env);
    await fetchModel(trained, MODEL_DIR, terms);
    return trained;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    report.say(error.message);
    say('taking the test card instead; the next start tries again');
    return defaultTestCardName();
  } finally {
    report.end();
  }
}
