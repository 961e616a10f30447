// How many photos a second this worker can do, measured while it has something to do.

/** Weight of what was measured before, at each look. */
const MEMORY = 0.5;
/** The first jobs after a start are slow, and few of them say little. */
const LEAST_JOBS = 10;

export class ServiceRate {
  #underWay = 0;
  #busySince = 0;
  #busyMs = 0;
  #jobs = 0;
  #jobsEver = 0;
  #wasBusy = false;

  begin(): void {
    this.#wasBusy = true;
    if (this.#underWay++ === 0) this.#busySince = performance.now();
  }

  end(): void {
    this.#jobs++;
    this.#jobsEver++;
    if (--this.#underWay === 0) this.#busyMs += performance.now() - this.#busySince;
  }

  /**
   * Null while too little was measured. Each call lets older measurements count for less, but not
   * while there is nothing to do: after half a minute of that, one job under way would outweigh all
   * that were done, and the rate be about 0.
   */
  perSecond(): number | null {
    const now = performance.now();
    if (this.#underWay > 0) {
      this.#busyMs += now - this.#busySince;
      this.#busySince = now;
    }
    if (this.#jobsEver < LEAST_JOBS) return null;
    const rate = (1000 * this.#jobs) / this.#busyMs;
    if (!this.#wasBusy) return rate;
    this.#wasBusy = this.#underWay > 0;
    this.#jobs *= MEMORY;
    this.#busyMs *= MEMORY;
    return rate;
  }
}
