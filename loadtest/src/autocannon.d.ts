// The part of autocannon that is used here: it comes without types.
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  interface Request {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: Buffer;
    onResponse?: (status: number, body: string) => void;
  }
  interface Client {
    setRequests(requests: Request[]): void;
  }
  interface Options {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    /** Milliseconds between looks at the clock: it ends at one of them. */
    sampleInt: number;
    /** Seconds. */
    timeout: number;
    setupClient: (client: Client) => void;
  }
  interface Result {
    errors: number;
    timeouts: number;
  }
  type Done = (error: Error | null, result: Result) => void;
  export default function autocannon(options: Options, done: Done): EventEmitter;
}
