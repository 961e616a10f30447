// The command lines, as real processes.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What stands around the command in bash. */
export interface Around {
  before?: string;
  after?: string;
}

export function runCommand(
  name: 'dead' | 'feedback',
  args: string[],
  env: NodeJS.ProcessEnv,
  { before = '', after = '' }: Around = {},
): Promise<Ended> {
  const script = `set -o pipefail; ${before} "$0" "$@" ${after}`;
  const { PATH } = process.env;
  const program = fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url));
  const command = ['--norc', '-c', script, process.execPath, program, ...args];
  return new Promise((resolve) => {
    execFile('bash', command, { env: { PATH, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

/** Nothing but these lines is said. */
export const says = (...lines: string[]): Ended => ({
  code: 0,
  stdout: lines.map((line) => `${line}\n`).join(''),
  stderr: '',
});

/** Of `runCommand`'s program. */
export const complaint = (name: string, code: number, line: string): Ended => ({
  code,
  stdout: '',
  stderr: `synset ${name}: ${line}\n`,
});

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'synset-command-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
