// Prepares a model and has it checked, once for all processes that want it.
import { rm } from 'node:fs/promises';
import { type Check, toleranceOf } from './check.ts';
import { explainerPath } from './explainer.ts';
import { withLock } from './lock.ts';
import type { Made } from './make-prepared.ts';
import { runInThread } from './thread.ts';
import { readVerdict, type Verdict, writeVerdict } from './verdict.ts';

export interface Order extends Made {
  /** URL of a module that exports a `Check`. */
  check: string | undefined;
}

const MAKE = new URL('./make-thread.ts', import.meta.url);

export async function prepareOnce(order: Order): Promise<Verdict> {
  const { exported, card, path, check } = order;
  const there = await readVerdict(path);
  if (there && (there.checked || !check)) return there;
  return await withLock(`${path}.lock`, async () => {
    // Another process may have done it meanwhile.
    let verdict = await readVerdict(path);
    if (verdict && (verdict.checked || !check)) return verdict;
    verdict ??= await runInThread<Verdict>(MAKE, { exported, card, path });
    if (check) verdict = await judge(verdict, order, check);
    await writeVerdict(path, verdict);
    return verdict;
  });
}

async function judge(made: Verdict, order: Order, module: string): Promise<Verdict> {
  const { check }: { check: Check } = await import(module);
  const { input, output, batch } = made;
  const found = await check({
    exported: { path: order.exported, input, output },
    prepared: made.prepared ? order.path : undefined,
    normalization: order.card.normalization,
    batch,
  });
  const tolerance = toleranceOf(made.quantized);
  const difference = found.difference ?? 0;
  const verdict = { ...made, checked: { difference, tolerance } };
  if (found.batch !== undefined) verdict.batch = found.batch;
  if (!made.prepared) return verdict;
  const reason = found.reason ?? tooFar(difference, tolerance);
  if (reason === undefined) return verdict;
  await rm(order.path, { force: true });
  await rm(explainerPath(order.path), { force: true });
  return { ...verdict, prepared: false, explain: false, reason };
}

/** Said so that a NaN is too far, too. */
function tooFar(difference: number, tolerance: number): string | undefined {
  if (difference <= tolerance) return undefined;
  return `its probabilities differ by ${difference} from those of the exported file, ${tolerance} is allowed`;
}
