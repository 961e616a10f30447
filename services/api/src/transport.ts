// How jobs reach the workers and replies come back. The routes know no more of the queue than this.
import type { Job, Reply, WorkerInfo } from '@synset/shared';

export type NewJob = Omit<Job, 'replyTo'>;

export interface Transport {
  /** Starts receiving: `onReply` gets each reply to this instance at least once. */
  start(onReply: (reply: Reply) => void): void;
  /** Resolves when the job is queued. Rejects with QUEUE_UNAVAILABLE or QUEUE_FULL. */
  publish(job: NewJob): Promise<void>;
  /** The workers that are ready. Rejects with QUEUE_UNAVAILABLE. */
  workers(): Promise<WorkerInfo[]>;
  /** True while jobs can be queued and replies received. */
  readonly connected: boolean;
  close(): Promise<void>;
}
