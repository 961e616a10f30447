// The names of everything that the services keep in Redis.

export const GROUP = 'classifiers';

export interface Keys {
  /** Stream of waiting and running jobs; entries are deleted when done, so XLEN is the backlog. */
  readonly jobs: string;
  /** Bytes of all photos in `jobs`; gone when there are none. */
  readonly jobBytes: string;
  /** Stream of the jobs that were given up. */
  readonly dead: string;
  /** Hash of the workers' heartbeats. */
  readonly workers: string;
  /** Reply stream of one API instance. */
  replies(instance: string): string;
  /** What has become of a job: see `JobRecord`. */
  result(jobId: string): string;
  /** What a model said of a photo before, both named by their SHA-256; with its reasons or without. */
  cache(photo: string, model: string, explain: boolean): string;
  /** Says that nobody waits for this job any more. */
  withdrawn(jobId: string): string;
  /** Hashes Idempotency-Keys, and so job IDs, to what nobody guesses. Made when it is first needed. */
  readonly idempotencySecret: string;
  /** What was answered to a request with an Idempotency-Key. */
  idempotent(hash: string): string;
  /** The photo as uploaded, for the page that shows it again. */
  photo(jobId: string): string;
  /** What a client has asked for in its window. */
  rate(client: string): string;
  /** There while somebody looks at what the instances have answered. */
  readonly watched: string;
  /** Hash of what each API instance has answered in the last minute. */
  readonly live: string;
  /** Kept photos, oldest first, so that the oldest can make room. */
  readonly photos: string;
  /** Hash: what was predicted lately, by job; see `predictions.ts`. */
  readonly predictions: string;
  /** Their jobs' IDs, oldest first, so that the oldest can make room. */
  readonly predictionIds: string;
  /** Stream of what users say of predictions. */
  readonly feedback: string;
  /** Hash: the entry in `feedback` of each prediction that was judged. */
  readonly feedbackIndex: string;
  /** Hash: how often a predicted category was `<index>:right` or `<index>:wrong`. */
  readonly feedbackCounts: string;
  /** Hash: photos that users have left with their feedback, by SHA-256. */
  readonly feedbackPhotos: string;
  /** Hash: entries that each of them was left with. */
  readonly feedbackPhotoUses: string;
  /** Bytes of all of them. */
  readonly feedbackPhotoBytes: string;
}

/** Keys of one partition: its number stands in braces, the hash tag of Redis Cluster. */
export function createKeys(prefix: string, partition = 0): Keys {
  const base = `${prefix}:{${partition}}`;
  return {
    jobs: `${base}:jobs`,
    jobBytes: `${base}:job-bytes`,
    dead: `${base}:dead`,
    workers: `${prefix}:{0}:workers`,
    replies: (instance) => `${base}:replies:${instance}`,
    result: (jobId) => `${base}:result:${jobId}`,
    cache: (photo, model, explain) => `${base}:cache:${photo}:${model}:${explain}`,
    withdrawn: (jobId) => `${base}:withdrawn:${jobId}`,
    idempotencySecret: `${base}:idem-secret`,
    idempotent: (hash) => `${base}:idem:${hash}`,
    photo: (jobId) => `${base}:photo:${jobId}`,
    rate: (client) => `${prefix}:{0}:rate:${client}`,
    watched: `${prefix}:{0}:watched`,
    live: `${prefix}:{0}:live`,
    photos: `${base}:photos`,
    predictions: `${base}:predictions`,
    predictionIds: `${base}:prediction-ids`,
    feedback: `${prefix}:{0}:feedback`,
    feedbackIndex: `${prefix}:{0}:feedback-index`,
    feedbackCounts: `${prefix}:{0}:feedback-counts`,
    feedbackPhotos: `${prefix}:{0}:feedback-photos`,
    feedbackPhotoUses: `${prefix}:{0}:feedback-photo-uses`,
    feedbackPhotoBytes: `${prefix}:{0}:feedback-photo-bytes`,
  };
}
