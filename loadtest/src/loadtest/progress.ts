// A line for each step, and whether there is time for another one.
export class Progress {
  readonly #steps: number;
  readonly #limitMs: number;
  readonly #say: (line: string) => void;
  readonly #startedAt = performance.now();
  #step = 0;
  #skipped = 0;

  constructor(plan: { steps: number; limitMs: number }, say: (line: string) => void) {
    this.#steps = plan.steps;
    this.#limitMs = plan.limitMs;
    this.#say = say;
  }

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  /** Steps for which there was no time. */
  get skipped(): number {
    return this.#skipped;
  }

  /** False when a step that takes so long would end after the limit; then it is counted as left out. */
  allows(ms: number): boolean {
    const fits = this.seconds * 1000 + ms <= this.#limitMs;
    if (!fits) {
      this.#step++;
      this.#skipped++;
    }
    return fits;
  }

  done(line: string): void {
    const step = `${++this.#step}`.padStart(`${this.#steps}`.length);
    this.#say(`[${step}/${this.#steps} ${clock(this.seconds)}] ${line}`);
  }
}

/** `3:07` */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${`${whole % 60}`.padStart(2, '0')}`;
}
