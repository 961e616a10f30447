// What the services write: kept in a file for each, and counted by message.
import type { ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export class Logs {
  readonly folder: string;
  /** Lines of the levels error and fatal, and what is no log line at all. */
  readonly errors: string[] = [];
  readonly #counts = new Map<string, number>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** How often this was said, by all. */
  count(message: string): number {
    return this.#counts.get(message) ?? 0;
  }

  collect(name: string, { stdout, stderr }: ChildProcess): void {
    const file = join(this.folder, `${name}.log`);
    for (const stream of [stdout, stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        appendFileSync(file, `${line}\n`);
        this.#add(line);
        if (!/^\{"level":[1-4]0,/.test(line)) this.errors.push(`${name}: ${line}`);
      });
    }
  }

  #add(line: string): void {
    const message = /"msg":"([^"]*)"/.exec(line)?.[1];
    if (message) this.#counts.set(message, this.count(message) + 1);
  }
}
