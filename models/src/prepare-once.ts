// Prepares a model and has it checked, once for all processes that want it.
import { readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ModelCard } from './card.ts';
import { type Check, toleranceOf } from './check.ts';
import { sha256Of, writeWhole } from './files.ts';
import { withLock } from './lock.ts';
import { prepareModel, readExport } from './prepare.ts';
import { readVerdict, type Verdict, writeVerdict } from './verdict.ts';

export interface Order {
  /** The exported file. */
  exported: string;
  card: ModelCard;
  /** Where the prepared file goes. */
  path: string;
  /** URL of a module that exports a `Check`. */
  check: string | undefined;
}

export async function prepareOnce(order: Order): Promise<Verdict> {
  const { path, check } = order;
  const there = await readVerdict(path);
  if (there && (there.checked || !check)) return there;
  return await withLock(`${path}.lock`, async () => {
    // Another process may have done it meanwhile.
    let verdict = await readVerdict(path);
    if (verdict && (verdict.checked || !check)) return verdict;
    verdict ??= await make(order);
    if (check) verdict = await judge(verdict, order, check);
    await writeVerdict(path, verdict);
    return verdict;
  });
}

/** @throws {ModelError} when the file is not one that the card describes */
async function make({ exported, card, path }: Order): Promise<Verdict> {
  const read = readExport(await readFile(exported), card, basename(exported));
  const { input, output, batch, quantized } = read;
  const known = { input, output, quantized, ...(batch === undefined ? {} : { batch }) };
  const made = attempt(() => prepareModel(read, card.normalization));
  if ('reason' in made) return { ...known, prepared: false, explain: false, reason: made.reason };
  await writeWhole(path, made.bytes);
  return { ...known, prepared: true, explain: made.explain, sha256: await sha256Of(path) };
}

/** Whatever goes wrong in preparing is no reason not to serve the model. */
function attempt<T>(work: () => T): T | { reason: string } {
  try {
    return work();
  } catch (error) {
    return { reason: oneLine(error) };
  }
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
  return { ...verdict, prepared: false, explain: false, reason };
}

/** Said so that a NaN is too far, too. */
function tooFar(difference: number, tolerance: number): string | undefined {
  if (difference <= tolerance) return undefined;
  return `its probabilities differ by ${difference} from those of the exported file, ${tolerance} is allowed`;
}

function oneLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).replaceAll(/\s+/g, ' ');
}
