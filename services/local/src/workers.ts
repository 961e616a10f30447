// The worker processes: started, started again when one dies, stopped.
import type { ChildProcess } from 'node:child_process';
import { hostname } from 'node:os';
import { exitOf, startService, stopProcess, untilReady } from './process.ts';

const SCRIPT = new URL('../../worker/src/main.ts', import.meta.url);
/** A little more than a worker gives itself to finish what is under way. */
const STOP_DEADLINE_MS = 25_000;
const RESTART_DELAY_MS = 500;

export interface WorkersOptions {
  readonly count: number;
  readonly port: number;
  /** Of the first worker's metrics; each further worker takes the next one. */
  readonly metricsPort: number | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

export class Workers {
  readonly #options: WorkersOptions;
  readonly #children: ChildProcess[] = [];
  #closing = false;

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  /** The first one alone: it makes what all of them load. */
  async start(): Promise<void> {
    await this.#start(0);
    const others = Array.from({ length: this.#options.count - 1 }, (_, i) => this.#start(i + 1));
    await Promise.all(others);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#children.map((child) => stopProcess(child, STOP_DEADLINE_MS)));
  }

  async #start(index: number): Promise<void> {
    // The same name after a restart, so that the group does not fill with dead consumers. The
    // port tells the runs on one machine apart.
    const name = `${hostname()}-${this.#options.port}-${index + 1}`;
    const { metricsPort, env } = this.#options;
    const own = { WORKER_NAME: name, METRICS_PORT: metricsPort ? `${metricsPort + index}` : '' };
    const child = startService(SCRIPT, { ...env, ...own });
    this.#children[index] = child;
    await untilReady(child, `worker ${index + 1}`);
    void this.#restartAfterExit(child, index);
  }

  async #restartAfterExit(child: ChildProcess, index: number): Promise<void> {
    await exitOf(child);
    while (!this.#closing) {
      this.#options.say(
        `worker ${index + 1} ended (${child.signalCode ?? child.exitCode}); starting it again`,
      );
      await new Promise((resolve) => setTimeout(resolve, RESTART_DELAY_MS));
      if (this.#closing) return;
      try {
        return await this.#start(index);
      } catch {
        // It said why; try again.
      }
    }
  }
}
