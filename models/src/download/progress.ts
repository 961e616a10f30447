// Shows how a download or other long work goes on: a bar on a terminal, elsewhere a line every few seconds.
import type { Report } from './job.ts';

/** What is needed of process.stderr. */
export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

const LINE_EVERY_MS = 5000;
const BAR_EVERY_MS = 100;
/** The speed is the mean over this time. */
const WINDOW_MS = 10_000;
/** Leaves room for all that is said beside it in a line of 80. */
const BAR_WIDTH = 16;

/** Ended by `end`, which leaves the cursor in a line of its own. */
export class Progress implements Report {
  readonly #screen: Screen;
  readonly #prefix: string;
  readonly #now: () => number;
  readonly #amount: (number: number) => string;
  #samples: { at: number; done: number }[] = [];
  #shownAt = Number.NEGATIVE_INFINITY;
  #open = false;

  /** `amount` says what is counted. */
  constructor(
    screen: Screen,
    prefix: string,
    now: () => number = () => performance.now(),
    amount: (number: number) => string = megabytes,
  ) {
    this.#screen = screen;
    this.#prefix = prefix;
    this.#now = now;
    this.#amount = amount;
  }

  progress(done: number, total: number): void {
    const at = this.#now();
    // Fewer than before: it started anew.
    if (done < (this.#samples.at(-1)?.done ?? 0)) this.#samples = [];
    this.#samples.push({ at, done });
    const every = this.#screen.isTTY ? BAR_EVERY_MS : LINE_EVERY_MS;
    if (done < total && at - this.#shownAt < every) return;
    this.#shownAt = at;
    this.#samples = this.#samples.filter((sample) => sample.at >= at - WINDOW_MS);
    this.#show(done, total);
  }

  say(line: string): void {
    this.end();
    this.#screen.write(`${this.#prefix}${line}\n`);
  }

  end(): void {
    if (this.#open) this.#screen.write('\n');
    this.#open = false;
  }

  #show(done: number, total: number): void {
    const text = `${percent(done, total)} of ${this.#amount(total)}${this.#pace(done, total)}`;
    if (!this.#screen.isTTY) {
      this.#screen.write(`${this.#prefix}${text}\n`);
      return;
    }
    const full = Math.round((BAR_WIDTH * done) / total);
    const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
    // A line that wraps could not be overwritten. Some terminals say that they have no columns.
    const line = `${this.#prefix}${bar} ${text}`.slice(0, (this.#screen.columns || 80) - 1);
    this.#screen.write(`\r${line}\x1b[K`);
    this.#open = true;
  }

  /** Nothing before there are two points to measure between. */
  #pace(done: number, total: number): string {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.at === first.at) return '';
    const perSecond = ((last.done - first.done) / (last.at - first.at)) * 1000;
    const speed = `, ${this.#amount(perSecond)}/s`;
    return done < total ? `${speed}, ${duration((total - done) / perSecond)} left` : speed;
  }
}

const percent = (done: number, total: number) =>
  `${Math.floor((100 * done) / total)} %`.padStart(5);

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
