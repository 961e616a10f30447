// What each command for dead letters does.
import { randomUUID } from 'node:crypto';

import type { DeadLetters } from '@synset/shared';
import type { Command } from '../command-line.ts';
import { exists, writeWhole } from '../whole-file.ts';
import { printable, toJson, toTable } from './text.ts';

export interface Context {
  letters: DeadLetters;
  print: (text: string) => void;
}

const noLetter = (id: string) => new Error(`no dead letter ${id}`);

async function list({ letters, print }: Context): Promise<void> {
  const all = await Array.fromAsync(letters.list());
  print(all.length > 0 ? toTable(all) : 'no dead letters');
}

async function show({ letters, print }: Context, id = ''): Promise<void> {
  const letter = await letters.get(id);
  if (!letter) throw noLetter(id);
  print(toJson(letter));
}

async function save({ letters, print }: Context, id = '', file = ''): Promise<void> {
  if (await exists(file)) throw new Error(`${file} is there already: name another file`);
  const letter = await letters.get(id);
  if (!letter) throw noLetter(id);
  if (!letter.image) throw new Error(`${id} has no photo`);
  // Nobody shall take half a photo for the one that failed.
  await writeWhole(file, `${file}.${randomUUID()}.tmp`, letter.image);
  print(`${file}: written, ${letter.bytes} bytes`);
}

async function replay(context: Context, id = ''): Promise<void> {
  if (id === 'all') return await replayAll(context);
  if (!(await replayOne(context, id))) throw noLetter(id);
}

async function replayOne({ letters, print }: Context, id: string): Promise<boolean> {
  const job = await letters.replay(id);
  if (job === null) return false;
  print(`${id}: queued again; its result: GET /jobs/${printable(job)}`);
  return true;
}

async function replayAll(context: Context): Promise<void> {
  // All are read first: a job that fails again meanwhile is a new letter at the end of the list.
  const all = await Array.fromAsync(context.letters.list());
  let replayed = 0;
  for (const { id, job } of all) if (job && (await replayOne(context, id))) replayed++;
  context.print(`replayed: ${replayed}`);
  const unreadable = all.filter(({ job }) => !job).length;
  if (unreadable > 0) throw new Error(`unreadable, not replayed: ${unreadable}`);
}

async function discard({ letters, print }: Context, id = ''): Promise<void> {
  if (id === 'all') return print(`discarded: ${await letters.discardAll()}`);
  if (!(await letters.discard(id))) throw noLetter(id);
  print(`${id}: discarded`);
}

export const commands = new Map<string, Command<Context>>([
  ['list', { parameters: [], help: 'the jobs that were given up, oldest first', run: list }],
  ['show', { parameters: ['ID'], help: 'all about one letter, as JSON', run: show }],
  ['save', { parameters: ['ID', 'FILE'], help: 'write its photo to a new file', run: save }],
  ['replay', { parameters: ['ID|all'], help: 'make it a job again', run: replay }],
  ['discard', { parameters: ['ID|all'], help: 'delete it, and its photo', run: discard }],
]);
