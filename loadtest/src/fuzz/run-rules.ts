// What must be so when all is over: rules over what was seen of the system.
import type { Breach } from './answer-rules.ts';

export interface Memory {
  readonly process: string;
  /** Megabytes, after the first part of the requests and after all. */
  readonly fromMb: number;
  readonly toMb: number;
}

export interface Evidence {
  /** Processes that ended by themselves. */
  readonly accidents: readonly { name: string; end: string }[];
  readonly memory: readonly Memory[];
  /** Open files and sockets of each process, and their connections to Redis: before and after. */
  readonly open: readonly { what: string; before: number; after: number }[];
  /** In the services' folder for such. */
  readonly tempFiles: readonly string[];
  readonly backlog: number;
  readonly pending: number;
  /** Jobs of a 202 that have come to no end, or to a wrong one. */
  readonly badJobs: readonly string[];
  /** Good photos that were not answered rightly. */
  readonly badPhotos: readonly string[];
  readonly deadLetters: readonly { jobId: string; reason: string }[];
  readonly lastingKeys: readonly string[];
  /** Of uploads that announce all bytes that may be in flight, what was answered at once. */
  readonly heldBytes: readonly string[];
  /** Lines that the services wrote as errors. */
  readonly errors: readonly string[];
  readonly exits: readonly { name: string; end: number | string }[];
}

/** Whichever is more. */
const GROWTH = { share: 0.1, mb: 30 };

type Rule = (evidence: Evidence) => string[];

export const runRules: Record<string, Rule> = {
  'ended by itself': ({ accidents }) => accidents.map(({ name, end }) => `${name}: ${end}`),

  'memory grew': ({ memory }) =>
    memory
      .filter(({ fromMb, toMb }) => toMb - fromMb > Math.max(GROWTH.mb, GROWTH.share * fromMb))
      .map(
        ({ process, fromMb, toMb }) => `${process}: ${fromMb.toFixed(0)} to ${toMb.toFixed(0)} MB`,
      ),

  leaked: ({ open }) =>
    open
      .filter(({ before, after }) => after > before)
      .map(({ what, before, after }) => `${what}: ${after}, ${before} at the start`),

  'temporary files': ({ tempFiles }) => [...tempFiles],

  'jobs left': ({ backlog, pending }) =>
    backlog + pending > 0 ? [`${backlog} in the stream, ${pending} not acknowledged`] : [],

  'jobs without an answer': ({ badJobs }) => [...badJobs],

  'good photos': ({ badPhotos }) => [...badPhotos],

  'dead letters': ({ deadLetters }) => deadLetters.map(({ jobId, reason }) => `${jobId} ${reason}`),

  'keys without TTL': ({ lastingKeys }) => [...lastingKeys],

  'bytes in flight': ({ heldBytes }) => [...heldBytes],

  'errors in the log': ({ errors }) => [...errors],

  'did not end in order': ({ exits }) =>
    exits.filter(({ end }) => end !== 0).map(({ name, end }) => `${name}: ${end}`),
};

export const judgeRun = (evidence: Evidence): Breach[] =>
  Object.entries(runRules).flatMap(([rule, find]) =>
    find(evidence).map((detail) => ({ rule, detail })),
  );
