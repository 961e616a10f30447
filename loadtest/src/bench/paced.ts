// The service with workers that look at no photo and answer after a given time.
import type { Settings } from './context.ts';

const SCRIPT = new URL('../../../services/local/test/paced-system.ts', import.meta.url);

/** One photo at a time takes `delayMs`; 0 is at once. */
export const paced = (delayMs: number, env: NodeJS.ProcessEnv = {}): Settings => ({
  model: 'none',
  script: SCRIPT,
  env: { DELAY_MS: `${delayMs}`, ...env },
});
