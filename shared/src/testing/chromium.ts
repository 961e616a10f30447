// What the tests and the measurements in a real browser have in common: where Chromium is, and drops.
import { accessSync, constants } from 'node:fs';
import { delimiter, resolve } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * What Playwright starts Chromium with, or null where there is none: then the tests that want it are
 * skipped. Where SYNSET_CHROMIUM names one, it must be there.
 */
export function chromiumOptions(): { executablePath: string; chromiumSandbox: boolean } | null {
  const named = process.env.SYNSET_CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const paths = (named ? [named] : NAMES).flatMap((name) =>
    folders.map((folder) => resolve(folder, name)),
  );
  const executablePath = paths.find(isExecutable);
  if (named && !executablePath) throw new Error(`SYNSET_CHROMIUM=${named} is not there`);
  // Chromium refuses to run as root inside its sandbox.
  return executablePath ? { executablePath, chromiumSandbox: process.getuid?.() !== 0 } : null;
}

interface Drag {
  readonly type: 'dragEnter' | 'dragOver' | 'drop';
  readonly x: number;
  readonly y: number;
  readonly data: { items: []; files: string[]; dragOperationsMask: number };
}

/** What `newCDPSession` of Playwright gives. */
interface DevTools {
  send(method: 'Input.dispatchDragEvent', drag: Drag): Promise<unknown>;
}

/** Drags files over the point of the page and lets go, as a person does from another window. */
export async function dropFiles(page: DevTools, files: readonly string[], x: number, y: number) {
  const data: Drag['data'] = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await page.send('Input.dispatchDragEvent', { type, x, y, data });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
