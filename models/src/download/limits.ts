// How long and how often a download tries.

export interface Limits {
  /** Longest wait for the head of an answer: connection, TLS and redirects included. */
  connectMs: number;
  /** Longest time without a byte once the answer has begun. */
  stallMs: number;
  /** Attempts in a row that bring nothing new, before the next address has its turn. */
  attempts: number;
  /** Attempts at one address in all, for a server that breaks off every few kilobytes. */
  attemptsInAll: number;
  /** The first wait between two attempts; it doubles up to `longestWaitMs`. */
  backOffMs: number;
  /** Also the most that a server's Retry-After is honoured. */
  longestWaitMs: number;
  /** How often a process that waits for another one's download looks again. */
  lookAgainMs: number;
}

export const LIMITS: Limits = {
  connectMs: 15_000,
  stallMs: 30_000,
  attempts: 5,
  attemptsInAll: 100,
  backOffMs: 500,
  longestWaitMs: 30_000,
  lookAgainMs: 200,
};
