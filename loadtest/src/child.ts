// Calls into a child process: what measures and what is measured must not share an event loop.
import { type ChildProcess, fork } from 'node:child_process';

type Answer<Result> = { result: Result } | { error: string };

/** A script of ours in a process of its own. One call at a time. */
export class Child<Call, Result> {
  readonly #process: ChildProcess;
  readonly #ended: Promise<never>;
  readonly #ready: Promise<unknown>;

  /** `settings` are what `settings()` returns there. */
  constructor(script: URL, settings: unknown = null) {
    this.#process = fork(script, [JSON.stringify(settings)], { serialization: 'advanced' });
    this.#ready = new Promise((resolve) => this.#process.once('message', resolve));
    this.#ended = new Promise((_, reject) => {
      this.#process.once('exit', () => reject(new Error(`${script.pathname} ended`)));
    });
    this.#ended.catch(() => {});
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async call(value: Call): Promise<Result> {
    await Promise.race([this.#ready, this.#ended]);
    const answered = new Promise<Answer<Result>>((resolve) =>
      this.#process.once('message', (message) => resolve(message as Answer<Result>)),
    );
    this.#process.send(value as object);
    const answer = await Promise.race([answered, this.#ended]);
    if ('error' in answer) throw new Error(answer.error);
    return answer.result;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended.catch(() => {});
  }
}

export const settings = <Settings>(): Settings => JSON.parse(process.argv[2] ?? 'null');

/** The child's side; it ends with its parent. */
export function answerCalls<Call, Result>(handle: (call: Call) => Promise<Result>): void {
  // The parent may have gone while this script was still loading.
  if (!process.connected) process.exit();
  process.on('disconnect', () => process.exit());
  process.on('message', async (call: Call) => {
    try {
      process.send?.({ result: await handle(call) });
    } catch (error) {
      process.send?.({ error: String(error) });
    }
  });
  process.send?.('ready');
}
