// What each process takes meanwhile: CPU time from /proc/PID/stat, memory from /proc/PID/status.
import { cpuMsOf } from '../cpu.ts';
import { forgetPeak, memoryOf, type Service } from '../service.ts';
import type { ProcessUse } from './results.ts';

export interface NamedProcess {
  readonly name: string;
  readonly pid: number;
}

export async function processesOf(service: Service): Promise<NamedProcess[]> {
  const { api, workers, redis } = await service.processes();
  return [
    { name: 'API', pid: api },
    ...workers.map((pid, i) => ({ name: `worker ${i + 1}`, pid })),
    { name: 'Redis', pid: redis },
  ];
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
    await each(processes, forgetPeak);
    return new Meter(processes, await each(processes, cpuMsOf));
  }

  /** `photos` were answered meanwhile. */
  async stop(photos: number): Promise<ProcessUse[]> {
    const ms = performance.now() - this.#startedAt;
    const after = await each(this.#processes, cpuMsOf);
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

function each<T>(processes: readonly NamedProcess[], look: (pid: number) => Promise<T>) {
  return Promise.all(
    processes.map(({ name, pid }) =>
      look(pid).catch(() => {
        throw new Error(`${name} ended during the load test`);
      }),
    ),
  );
}
