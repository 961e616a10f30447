// The files of a report: all of them whole, or none.
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compare } from './against.ts';
import { csvOf } from './csv.ts';
import { markdownOf } from './markdown.ts';
import { pageOf } from './page.ts';
import type { Report } from './results.ts';
import { sectionsOf } from './sections.ts';

export interface ReportFolder {
  /** Gives lines for the terminal. */
  write(report: Report, against: Report | null): Promise<string>;
}

/** Rejects at once where nothing can be written. */
export async function openFolder(
  folder: string,
  closing: AsyncDisposableStack,
): Promise<ReportFolder> {
  await mkdir(folder, { recursive: true });
  // In the same folder: only there a file changes its name in one step.
  const draft = await mkdtemp(join(folder, '.report-'));
  closing.defer(() => rm(draft, { recursive: true, force: true }));
  return {
    async write(report, against) {
      const sections = sectionsOf(report, against && compare(against, report));
      const files = {
        'report.json': `${JSON.stringify(rounded(report), null, 2)}\n`,
        'report.csv': csvOf(report, against),
        'report.html': pageOf(report, sections),
        'REPORT.md': markdownOf(report, sections),
      };
      for (const [name, text] of Object.entries(files)) await writeFile(join(draft, name), text);
      for (const name of Object.keys(files)) await rename(join(draft, name), join(folder, name));
      return `${markdownOf(report, sections)}\n${Object.keys(files)
        .map((name) => join(folder, name))
        .join('\n')}`;
    },
  };
}

/** Thousandths are noise. */
const rounded = (report: Report): unknown =>
  JSON.parse(
    JSON.stringify(report, (_, value) =>
      typeof value === 'number' ? Number(value.toFixed(3)) : value,
    ),
  );
