// Dead letters as text for a terminal, which a photo's sender shall not be able to command.
import type { DeadLetter } from '@synset/shared';

/** Controls of all kinds, and what turns the direction of writing or ends a line. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

const escapeUnit = (unit: string): string =>
  `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One line in which everything can be seen; escaped as in JSON. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => character.split('').map(escapeUnit).join(''));

/** All of a letter but its photo. */
export function toJson({ id, at, reason, error, deliveries, bytes, job }: DeadLetter): string {
  const json = JSON.stringify({ id, at, reason, error, deliveries, bytes, job }, null, 2);
  return json.split('\n').map(printable).join('\n');
}

const HEAD = ['letter', 'given up', 'job', 'reason', 'deliveries', 'format', 'pixels', 'bytes'];

export function toTable(letters: readonly DeadLetter[]): string {
  // The error last: it may be long.
  const rows = [[...HEAD, 'error'], ...letters.map(toRow)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')).join('\n');
}

function toRow({ id, at, reason, error, deliveries, bytes, job }: DeadLetter): string[] {
  const when = Number.isNaN(at.getTime()) ? '-' : at.toISOString();
  const ofJob = job ? [job.id, reason, `${deliveries}`, job.format] : ['-', reason, '-', '-'];
  const size = job ? `${job.width}x${job.height}` : '-';
  return [id, when, ...ofJob, size, `${bytes}`, error].map(printable);
}
