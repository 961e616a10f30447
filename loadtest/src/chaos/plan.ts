// What is sent, decided beforehand by the seed: which photos, in which requests, to which instance.
import { type PhotoName, POISON, photoNames, testPhoto, withComment } from '@synset/shared/testing';
import type { Random } from './random.ts';

export interface PlannedPhoto {
  readonly name: PhotoName;
  /** Makes its bytes differ from those of all others with another comment. */
  readonly comment: string;
  readonly poison: boolean;
}

export interface PlannedRequest {
  readonly way: 'predict' | 'jobs';
  /** One, or up to three where the way is jobs. */
  readonly photos: readonly PlannedPhoto[];
  /** Asked for by X-Request-Timeout. */
  readonly timeoutMs: number | null;
  /** Whether the request is sent again after it was accepted, with the same Idempotency-Key. */
  readonly repeated: boolean;
}

/** Share of photos whose bytes were sent before: the cache's, or joined to one under way. */
const KNOWN = 0.1;
const HURRIED = 0.3;
/** The shorter one is less than the API waits for Redis. */
const HURRIES_MS = [500, 2000];
const REPEATED = 0.1;
const MAX_FILES = 3;
/** Each costs the lives of three workers. */
const PHOTOS_PER_POISON = 500;

/** How many of so many photos kill their workers. */
const poisonCount = (jobs: number): number => Math.ceil(jobs / PHOTOS_PER_POISON);

export function planRequests(jobs: number, random: Random): PlannedRequest[] {
  const requests: PlannedRequest[] = [];
  const sent: PlannedPhoto[] = []; // without the poison
  const poisoned = poisonCount(jobs);
  for (let count = 0, poison = 0; count < jobs; ) {
    const way = random.chance(0.5) ? 'predict' : 'jobs';
    const most = way === 'jobs' ? Math.min(MAX_FILES, jobs - count) : 1;
    const photos = Array.from({ length: 1 + random.below(most) }, (_, i) =>
      choose(sent, count + i, random),
    );
    // Evenly over the run, each among good neighbours.
    if (way === 'jobs' && count >= ((poison + 0.5) / poisoned) * jobs) poisonOne(photos, poison++);
    sent.push(...photos.filter((photo) => !photo.poison));
    count += photos.length;
    const timeoutMs = way === 'predict' && random.chance(HURRIED) ? random.pick(HURRIES_MS) : null;
    requests.push({ way, photos, timeoutMs, repeated: random.chance(REPEATED) });
  }
  return requests;
}

function choose(sent: readonly PlannedPhoto[], number: number, random: Random): PlannedPhoto {
  if (sent.length > 0 && random.chance(KNOWN)) {
    // Half of them so soon that the first one may be under way.
    return random.pick(random.chance(0.5) ? sent.slice(-2) : sent);
  }
  return { name: random.pick(photoNames), comment: `photo ${number}`, poison: false };
}

function poisonOne(photos: PlannedPhoto[], number: number): void {
  const [first] = photos;
  if (first) photos[0] = { ...first, comment: `${POISON} ${number}`, poison: true };
}

const originals = new Map(photoNames.map((name) => [name, testPhoto(name)]));

export const bytesOf = ({ name, comment }: PlannedPhoto): Buffer =>
  withComment(originals.get(name) as Buffer, comment);
