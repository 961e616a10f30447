// The service as `make run` starts it, on a port and with data of its own.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, type Program, runProgram } from '@synset/shared/testing';
import { memoryField } from './statistics.ts';

const SCRIPT = new URL('../../services/local/src/main.ts', import.meta.url);
/** What tells the processes apart by their command lines. */
const COMMANDS = { api: '/services/api/', worker: '/services/worker/', redis: 'redis-server' };

const READY_DEADLINE_MS = 10_000;

export type Role = 'api' | 'worker';

/** Process IDs; the workers in the order of their start. */
export interface Processes {
  readonly api: number;
  readonly workers: readonly number[];
  readonly redis: number;
}

export interface Memory {
  /** Megabytes resident at the moment, and at most since the peak was last forgotten. */
  readonly nowMb: number;
  readonly peakMb: number;
}

export interface ServiceSettings {
  readonly model: string;
  readonly modelDir: string;
  /** A folder of the run; its content is left to the caller. */
  readonly folder: string;
  readonly workers?: number;
  /** Of each worker; left out, the service chooses. */
  readonly sessions?: number;
  /** Of each session; likewise. */
  readonly threads?: number;
  /** Instead of `make run`; must say the same when it is ready. */
  readonly script?: URL;
  /** Further variables of its environment. */
  readonly env?: NodeJS.ProcessEnv;
}

export class Service {
  readonly url: string;
  readonly #program: Program;

  private constructor(port: number, program: Program) {
    this.url = `http://127.0.0.1:${port}`;
    this.#program = program;
  }

  /**
   * Ready when the promise resolves; rejects with what it printed when it ends instead. It is also
   * closed by `closing`, which may happen while it is starting.
   */
  static async start(settings: ServiceSettings, closing: AsyncDisposableStack): Promise<Service> {
    const port = await freePort();
    const program = runProgram(settings.script ?? SCRIPT, environment(settings, port));
    const service = new Service(port, program);
    closing.defer(() => service.close());
    await program.printed('Ctrl-C');
    await untilReady(service.url);
    return service;
  }

  /** Of the private Redis, as `make run` prints it. */
  get redisUrl(): string {
    const url = /private Redis at (\S+),/.exec(this.output)?.[1];
    if (!url) throw new Error('the service has no Redis of its own');
    return url;
  }

  /** All that its processes have written. */
  get output(): string {
    return this.#program.output();
  }

  /** Of the worker the first. */
  async memory(): Promise<Record<Role, Memory>> {
    const { api, workers } = await this.processes();
    return { api: await memoryOf(api), worker: await memoryOf(workers[0] as number) };
  }

  /** The peak of starting says nothing of the load that follows. */
  async forgetPeaks(): Promise<void> {
    const { api, workers } = await this.processes();
    await Promise.all([api, ...workers].map(forgetPeak));
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#program.process.kill('SIGTERM');
    await this.#program.exit;
  }

  async processes(): Promise<Processes> {
    const { pid } = this.#program.process;
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    const children = text.trim().split(' ').map(Number);
    const commands = await Promise.all(
      // One that has just ended is none of them.
      children.map((child) => readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')),
    );
    const all = (part: string) => children.filter((_, i) => commands[i]?.includes(part));
    const workers = all(COMMANDS.worker);
    const [api, redis] = [all(COMMANDS.api)[0], all(COMMANDS.redis)[0]];
    if (!api || !redis || workers.length === 0) throw new Error('a process of it is missing');
    return { api, workers, redis };
  }
}

/** The API listens a moment before it has its connection to Redis. */
async function untilReady(url: string): Promise<void> {
  const deadline = performance.now() + READY_DEADLINE_MS;
  for (;;) {
    const response = await fetch(`${url}/readyz`);
    const text = await response.text();
    if (response.ok) return;
    if (performance.now() > deadline) throw new Error(`the service is not ready: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** All else as by default. */
function environment(settings: ServiceSettings, port: number): NodeJS.ProcessEnv {
  return {
    PORT: `${port}`,
    WORKERS: `${settings.workers ?? 1}`,
    SESSIONS: settings.sessions?.toString(),
    INTRA_OP_THREADS: settings.threads?.toString(),
    MODEL: settings.model,
    MODEL_DIR: settings.modelDir,
    DATA_DIR: join(settings.folder, 'data'),
    LOG_LEVEL: 'error',
    // The same photos come again and again; each is to be classified.
    CACHE_TTL_S: '0',
    ...settings.env,
  };
}

/** The most that a process has held counts anew from here. */
export const forgetPeak = (pid: number): Promise<void> => writeFile(`/proc/${pid}/clear_refs`, '5');

export async function memoryOf(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return { nowMb: memoryField(status, 'VmRSS'), peakMb: memoryField(status, 'VmHWM') };
}
