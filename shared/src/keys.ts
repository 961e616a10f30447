// The names of everything that the services keep in Redis.

export const GROUP = 'classifiers';

export interface Keys {
  /** Stream of waiting and running jobs; entries are deleted when done, so XLEN is the backlog. */
  readonly jobs: string;
  /** Hash of the workers' heartbeats. */
  readonly workers: string;
  /** Reply stream of one API instance. */
  replies(instance: string): string;
  /** The photo as uploaded, for the page that shows it again. */
  photo(jobId: string): string;
  /** Kept photos, oldest first, so that the oldest can make room. */
  readonly photos: string;
}

/** Keys of one partition: its number stands in braces, the hash tag of Redis Cluster. */
export function createKeys(prefix: string, partition = 0): Keys {
  const base = `${prefix}:{${partition}}`;
  return {
    jobs: `${base}:jobs`,
    workers: `${prefix}:{0}:workers`,
    replies: (instance) => `${base}:replies:${instance}`,
    photo: (jobId) => `${base}:photo:${jobId}`,
    photos: `${base}:photos`,
  };
}
