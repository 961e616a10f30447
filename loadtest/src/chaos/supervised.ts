// A process that is started again whenever it ends, as a supervisor would.
import type { ChildProcess } from 'node:child_process';

const RESTART_DELAY_MS = 300;
/** A little more than a service gives itself to finish what is under way. */
const CLOSE_DEADLINE_MS = 25_000;

export class Supervised {
  readonly name: string;
  /** Ends that were not our doing. */
  readonly accidents: string[] = [];
  readonly #launch: () => ChildProcess;
  #child: ChildProcess;
  #closing = false;
  #lives = 1;
  #ending = false;

  constructor(name: string, launch: () => ChildProcess) {
    this.name = name;
    this.#launch = launch;
    this.#child = this.#start();
  }

  /** How often it was started. */
  get lives(): number {
    return this.#lives;
  }

  /** True from when it was told to end until it is started again. */
  get ending(): boolean {
    return this.#ending;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when a service has said that it is ready. */
  async ready(): Promise<void> {
    const child = this.#child;
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('exit', () => reject(new Error(`${this.name} did not start`)));
    });
  }

  end(signal: 'SIGKILL' | 'SIGTERM'): void {
    this.#ending = true;
    this.#child.kill(signal);
  }

  /** Stops it where it is, and lets the same process go on later. */
  async halt(ms: number): Promise<void> {
    const child = this.#child;
    child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, ms));
    child.kill('SIGCONT');
  }

  /** Ends it for good. Gives its exit code, or the signal that it took. May be called twice. */
  async close(): Promise<number | string> {
    this.#closing = true;
    const child = this.#child;
    if (child.exitCode === null && child.signalCode === null) {
      const exit = new Promise((resolve) => child.once('exit', resolve));
      const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_DEADLINE_MS);
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      await exit;
      clearTimeout(timer);
    }
    return child.exitCode ?? child.signalCode ?? 'unknown';
  }

  #start(): ChildProcess {
    const child = this.#launch();
    child.once('exit', (code, signal) => {
      if (this.#closing) return;
      if (!this.#ending) this.accidents.push(`${code ?? signal}`);
      this.#ending = true;
      setTimeout(() => this.#startAgain(), RESTART_DELAY_MS);
    });
    return child;
  }

  #startAgain(): void {
    if (this.#closing) return;
    this.#lives++;
    this.#ending = false;
    this.#child = this.#start();
  }
}
