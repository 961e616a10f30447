// The small file beside a prepared model: what is known of it, so that it is found out once.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { hasExplainer } from './explainer.ts';
import { sha256Of, writeWhole } from './files.ts';

const verdictSchema = z.object({
  /** False where the file must be served as it was exported. */
  prepared: z.boolean(),
  /** Why it is not prepared. */
  reason: z.string().optional(),
  /** Of the prepared file. */
  sha256: z.string().optional(),
  /** Input and output of the exported graph. */
  input: z.string(),
  output: z.string(),
  /** The batch dimension where it is fixed. */
  batch: z.int().positive().optional(),
  explain: z.boolean(),
  /** Channels of the feature map where the dense layer's weights lie beside the prepared file. */
  channels: z.int().positive().optional(),
  /** Whether the graph computes with int8. */
  quantized: z.boolean(),
  /** Set when exported and prepared model have been compared: their largest difference. */
  checked: z.object({ difference: z.number(), tolerance: z.number() }).optional(),
});

export type Verdict = z.infer<typeof verdictSchema>;

const pathOf = (prepared: string): string => `${prepared}.json`;

/** What is known of a prepared file; undefined when it was not made yet or is damaged. */
export async function readVerdict(prepared: string): Promise<Verdict | undefined> {
  try {
    const verdict = verdictSchema.parse(JSON.parse(await readFile(pathOf(prepared), 'utf8')));
    const { channels } = verdict;
    if (!verdict.prepared) return verdict;
    if (channels !== undefined && !(await hasExplainer(prepared, channels))) return undefined;
    return (await sha256Of(prepared)) === verdict.sha256 ? verdict : undefined;
  } catch {
    return undefined;
  }
}

export async function writeVerdict(prepared: string, verdict: Verdict): Promise<void> {
  await writeWhole(pathOf(prepared), `${JSON.stringify(verdict, null, 2)}\n`);
}
