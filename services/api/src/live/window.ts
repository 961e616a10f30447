// What this instance answered in the last minute: how often, and in what times.

const WINDOW_S = 60;
/** The rate is that of fewer seconds: it tells of now. */
const RATE_S = 10;

/** The bounds of neighbouring buckets are 10 % apart, so that a time is told to 5 %. */
const RATIO = 1.1;
/** From 1 ms to an hour, the longest REQUEST_TIMEOUT_MS. */
const BUCKETS = 160;

export interface Answered {
  /** Photos a second. */
  readonly perS: number;
  /** Buckets of times in ascending order, each with the photos that were answered in that time. */
  readonly times: readonly (readonly [bucket: number, photos: number])[];
}

/** A second, and the photos of it by bucket. */
interface Slot {
  second: number;
  readonly photos: Uint32Array;
}

export class AnswerWindow {
  readonly #slots = Array.from({ length: WINDOW_S }, (): Slot => {
    return { second: Number.NEGATIVE_INFINITY, photos: new Uint32Array(BUCKETS) };
  });

  add(ms: number, photos: number, now = performance.now()): void {
    const second = Math.floor(now / 1000);
    const slot = this.#slots[second % WINDOW_S] as Slot;
    if (slot.second !== second) {
      slot.second = second;
      slot.photos.fill(0);
    }
    const bucket = bucketOf(ms);
    slot.photos[bucket] = (slot.photos[bucket] ?? 0) + photos;
  }

  /** Null where nothing was answered. */
  read(now = performance.now()): Answered | null {
    const second = Math.floor(now / 1000);
    const all = new Map<number, number>();
    let recent = 0;
    for (const slot of this.#slots) {
      if (slot.second <= second - WINDOW_S) continue;
      slot.photos.forEach((photos, bucket) => {
        if (photos === 0) return;
        all.set(bucket, (all.get(bucket) ?? 0) + photos);
        if (slot.second > second - RATE_S) recent += photos;
      });
    }
    if (all.size === 0) return null;
    // The last of its seconds is not over yet.
    const perS = recent / (RATE_S - 1 + (now / 1000 - second));
    return { perS, times: [...all].sort(([a], [b]) => a - b) };
  }
}

/** Bucket 0 is up to 1 ms. */
function bucketOf(ms: number): number {
  if (ms <= 1) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(ms) / Math.log(RATIO)));
}

const middleOf = (bucket: number): number => RATIO ** (bucket - 0.5);

/** What the windows of all instances say together. */
export function summarize(windows: readonly Answered[]) {
  const all = new Map<number, number>();
  for (const [bucket, photos] of windows.flatMap(({ times }) => times)) {
    all.set(bucket, (all.get(bucket) ?? 0) + photos);
  }
  const times = [...all].sort(([a], [b]) => a - b);
  const perS = windows.reduce((sum, window) => sum + window.perS, 0);
  return {
    requestsPerS: Number(perS.toFixed(1)),
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
  };
}

/** The time within which this share of the photos was answered. */
function percentile(times: Answered['times'], share: number): number | null {
  const total = times.reduce((sum, [, photos]) => sum + photos, 0);
  let within = 0;
  for (const [bucket, photos] of times) {
    within += photos;
    if (within >= share * total) return Number(middleOf(bucket).toPrecision(3));
  }
  return null;
}
