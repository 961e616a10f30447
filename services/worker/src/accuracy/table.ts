// A CSV file with the columns `file` and `label`: the truth of photos whose names do not tell it.
import { posix } from 'node:path';
import { truthOfWord } from './truth.ts';

/** A field, quoted or not, and the comma behind it. */
const FIELD = /\s*("(?:[^"]|"")*"|[^,]*?)\s*,/g;

const fields = (line: string): string[] =>
  // With a comma at the end too, no match is empty and the last field needs no rule of its own.
  [...`${line},`.matchAll(FIELD)].map(([, field = '']) =>
    /^".*"$/.test(field) ? field.slice(1, -1).replaceAll('""', '"') : field,
  );

/** Paths with slashes, from the folder of the photos. */
const tableKey = (file: string): string => posix.normalize(file.replaceAll('\\', '/'));

/**
 * Index of the category by file.
 * @param name of the table, for messages
 * @throws {Error} that names the line: a table with a fault would give figures that mean nothing
 */
export function readTable(text: string, name: string): Map<string, number> {
  const [head = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const columns = fields(head).map((column) => column.toLowerCase());
  const [fileAt, labelAt] = [columns.indexOf('file'), columns.indexOf('label')];
  if (fileAt < 0 || labelAt < 0) {
    throw new Error(`${name}: the first line must name the columns "file" and "label"`);
  }
  const table = new Map<string, number>();
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const cells = fields(line);
    const [file, label] = [cells[fileAt], cells[labelAt]];
    const truth = file && label ? truthOfWord(label) : 'a file and a label are expected';
    if (typeof truth === 'string') throw new Error(`${name}, line ${i + 2}: ${truth}`);
    table.set(tableKey(file as string), truth);
  }
  return table;
}
