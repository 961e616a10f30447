// What each process takes meanwhile: CPU time from /proc/PID/stat, memory from /proc/PID/status.
import { readFile, writeFile } from 'node:fs/promises';
import { memoryOf, type Service } from '../service.ts';
import type { ProcessUse } from './results.ts';

export interface NamedProcess {
  readonly name: string;
  readonly pid: number;
}

/** The kernel counts in hundredths of a second, whatever its own clock. */
const TICK_MS = 10;

export async function processesOf(service: Service): Promise<NamedProcess[]> {
  const { api, workers, redis } = await service.processes();
  return [
    { name: 'API', pid: api },
    ...workers.map((pid, i) => ({ name: `worker ${i + 1}`, pid })),
    { name: 'Redis', pid: redis },
  ];
}

/** CPU milliseconds of the text of a /proc/PID/stat, of user and system together. */
export function cpuOf(stat: string): number {
  // The second field is a name in brackets, in which there may be anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Measures from its start until `stop`. */
export class Meter {
  readonly #processes: readonly NamedProcess[];
  readonly #startedAt = performance.now();
  readonly #cpuMs: readonly number[];

  private constructor(processes: readonly NamedProcess[], cpuMs: readonly number[]) {
    this.#processes = processes;
    this.#cpuMs = cpuMs;
  }

  /** The peaks of memory of before are forgotten. */
  static async start(processes: readonly NamedProcess[]): Promise<Meter> {
    await each(processes, (pid) => writeFile(`/proc/${pid}/clear_refs`, '5'));
    return new Meter(processes, await each(processes, cpuMs));
  }

  /** `photos` were answered meanwhile. */
  async stop(photos: number): Promise<ProcessUse[]> {
    const ms = performance.now() - this.#startedAt;
    const after = await each(this.#processes, cpuMs);
    const memory = await each(this.#processes, memoryOf);
    return this.#processes.map(({ name }, i) => {
      const used = (after[i] ?? 0) - (this.#cpuMs[i] ?? 0);
      const { nowMb = 0, peakMb = 0 } = memory[i] ?? {};
      return {
        name,
        cpuMs: photos > 0 ? used / photos : null,
        cores: used / ms,
        rssMb: nowMb,
        peakMb,
      };
    });
  }
}

const cpuMs = async (pid: number) => cpuOf(await readFile(`/proc/${pid}/stat`, 'utf8'));

function each<T>(processes: readonly NamedProcess[], look: (pid: number) => Promise<T>) {
  return Promise.all(
    processes.map(({ name, pid }) =>
      look(pid).catch(() => {
        throw new Error(`${name} ended during the load test`);
      }),
    ),
  );
}
