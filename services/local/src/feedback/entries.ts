// What was said of predictions, as the data set's folder keeps it: a line of JSON each, oldest first.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { labels } from '@synset/models/labels';
import { type FeedbackEntry, type FeedbackStore, FIRST_CURSOR } from '@synset/shared';
import { z } from 'zod';

/** Read from Redis at a time. */
const PAGE = 1000;

/** Names of files are made of it: nothing else gets into a path. */
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const category = z
  .int()
  .min(0)
  .max(labels.length - 1);

const line = z.object({
  entry: z.string(),
  id: z.string(),
  at: z.string(),
  correct: z.boolean(),
  predicted: z.object({ index: category, score: z.number() }),
  label: category.nullable(),
  comment: z.string().nullable(),
  model: z.object({ name: z.string(), trained: z.boolean() }),
  sha256,
});

export type Entry = z.infer<typeof line>;

/** All that Redis has. */
export async function* entriesOf(store: FeedbackStore): AsyncGenerator<FeedbackEntry> {
  let after = FIRST_CURSOR;
  for (;;) {
    const page = await store.list({ after, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    after = last.entry;
  }
}

/** Ends of lines to some readers, Node's among them, but not to JSON. */
const LINE_ENDS = /[\u2028\u2029]/g;

export function toLine(entry: Entry): string {
  const json = JSON.stringify(line.parse(entry));
  return `${json.replace(LINE_ENDS, (end) => (end === '\u2028' ? '\\u2028' : '\\u2029'))}\n`;
}

/** @throws {Error} that names the line, where it is none of ours */
export async function* readEntries(path: string): AsyncGenerator<Entry> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  let number = 0;
  for await (const text of lines) {
    number++;
    yield parseLine(text, () => `${path}, line ${number}: is not of make feedback`);
  }
}

function parseLine(text: string, complaint: () => string): Entry {
  try {
    return line.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(complaint(), { cause });
  }
}
