// Writes what a run found: all of it as JSON, what a person reads as Markdown.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from './classify.ts';
import type { Comparison } from './comparison.ts';
import { figuresOf, worstClasses } from './figures.ts';
import type { Folder } from './folder.ts';
import { comparisonReport, folderReport, nameOf, runReport } from './markdown.ts';

export interface Written {
  /** What both files are called, up to the dot. */
  readonly path: string;
  readonly markdown: string;
}

export async function writeRun(run: Run, folder: Folder, out: string): Promise<Written> {
  const [figures, worst] = [figuresOf(run.answers), worstClasses(run.answers)];
  const { answers, unreadable, ...how } = run;
  const { photos: _, ...leftOut } = folder;
  const photosPerSecond = answers.length / run.seconds;
  const json = { ...how, photosPerSecond, figures, worst, unreadable, leftOut, answers };
  const markdown = [runReport(run, figures, worst), folderReport(folder)].filter(Boolean);
  return await write(out, nameOf(run), json, markdown.join('\n\n'));
}

export async function writeComparison(
  [one, other]: readonly [Run, Run],
  found: Comparison,
  out: string,
): Promise<Written> {
  const names = { one: nameOf(one), other: nameOf(other) };
  const name = `${names.other}-against-${names.one}`;
  return await write(out, name, { names, ...found }, comparisonReport(one, other, found));
}

async function write(out: string, name: string, json: object, markdown: string): Promise<Written> {
  await mkdir(out, { recursive: true });
  // A card may call its model anything.
  const path = join(out, name.replaceAll(/[^\w.-]+/g, '-'));
  const dated = { date: new Date().toISOString(), ...json };
  await writeFile(`${path}.json`, `${JSON.stringify(dated, null, 1)}\n`);
  await writeFile(`${path}.md`, `${markdown}\n`);
  return { path, markdown };
}
