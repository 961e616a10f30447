// What a figure means nothing without: the machine and the versions.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly sharp: string;
  readonly redis: string;
}

export async function describeMachine(): Promise<Machine> {
  const { stdout } = await promisify(execFile)('redis-server', ['--version']);
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.versions.node,
    onnxruntime: await versionOf('onnxruntime-node'),
    sharp: await versionOf('sharp'),
    redis: /v=(\S+)/.exec(stdout)?.[1] ?? 'unknown',
  };
}

/** From the package's own file: not every package exports it. */
async function versionOf(name: string): Promise<string> {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(await readFile(file, 'utf8')).version;
}
