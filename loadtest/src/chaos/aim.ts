// Waits for the moment in which a fault does most harm.
import { setTimeout as pause } from 'node:timers/promises';

/** Longest wait: then the fault comes all the same. */
const AIM_MS = 2000;
const LOOK_MS = 2;

/** Resolves when the victim is busy. */
export async function aim(isBusy: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + AIM_MS;
  while (performance.now() < deadline && !(await isBusy())) await pause(LOOK_MS);
}
