// What a figure means nothing without: the machine and the versions.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Those that decide how fast a model runs. */
  readonly instructionSets: readonly string[];
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly sharp: string;
  readonly redis: string;
}

const INSTRUCTION_SETS = new Set([
  ...['avx', 'avx2', 'fma', 'avx512f', 'avx512_vnni', 'avx512_bf16', 'avx_vnni'],
  ...['amx_int8', 'amx_bf16', 'asimd', 'asimddp', 'i8mm', 'sve'],
]);

export async function describeMachine(): Promise<Machine> {
  // It may be missing where the service runs elsewhere.
  const version = promisify(execFile)('redis-server', ['--version']);
  const { stdout } = await version.catch(() => ({ stdout: '' }));
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    instructionSets: instructionSetsOf(cpuinfo),
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.versions.node,
    onnxruntime: await versionOf('onnxruntime-node'),
    sharp: await versionOf('sharp'),
    redis: /v=(\S+)/.exec(stdout)?.[1] ?? 'unknown',
  };
}

/** Of the text of a /proc/cpuinfo (x86 `flags`, Arm `Features`), each once. */
export function instructionSetsOf(cpuinfo: string): string[] {
  return [...new Set(cpuinfo.split(/\s+/))].filter((word) => INSTRUCTION_SETS.has(word));
}

/** From the package's own file: not every package exports it. */
async function versionOf(name: string): Promise<string> {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(await readFile(file, 'utf8')).version;
}
