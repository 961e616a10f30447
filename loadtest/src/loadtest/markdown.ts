// REPORT.md: the report's tables.
import { table } from '../report.ts';
import { headline } from './headline.ts';
import type { Report } from './results.ts';
import type { Section } from './sections.ts';

export function markdownOf(report: Report, sections: readonly Section[]): string {
  return [
    '# Load report',
    headline(report).map(escapeText).join(' '),
    'Written by `make loadtest`, with charts as `report.html`, and as `report.csv` and `report.json`.',
    ...report.notes.map(escapeText),
    ...sections.flatMap(sectionLines),
  ]
    .join('\n\n')
    .concat('\n');
}

function sectionLines({ title, text, head, rows }: Section): string[] {
  const cells = rows.map((row) => row.map(escapeText));
  return [
    `## ${title}`,
    ...text.map(escapeText),
    ...(rows.length > 0 ? [table(head.map(escapeText), cells)] : []),
  ];
}

/** Some of it comes from elsewhere: a model's name, an address, another report. */
const escapeText = (text: string): string =>
  text.replaceAll(/[\\`*[\]<>|]/g, '\\$&').replaceAll(/\s+/g, ' ');
