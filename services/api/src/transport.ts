// How jobs reach the workers and replies come back. The routes know no more of the queue than this.
import type { Job, JobRecord, Reply, Span } from '@synset/shared';

export interface NewJob extends Omit<Job, 'replyTo' | 'traceparent' | 'replayed'> {
  /** Whether someone here waits for the reply. */
  readonly awaited: boolean;
  /** Of the request, where its trace is recorded. */
  readonly span: Span | null;
}

export interface Transport {
  /** Starts receiving: `onReply` gets each reply to this instance at least once. */
  start(onReply: (reply: Reply) => void): void;
  /**
   * Resolves when the job is queued, with null, or with what is known of an earlier job of the
   * same ID, which is not queued again. Rejects with QUEUE_UNAVAILABLE or QUEUE_FULL.
   */
  publish(job: NewJob): Promise<JobRecord | null>;
  /** Nobody waits for this job any more. Never rejects: then it is done in vain. */
  withdraw(jobId: string, ttlMs: number): Promise<void>;
  /** True while jobs can be queued and replies received. */
  readonly connected: boolean;
  close(): Promise<void>;
}
