// The part of autocannon that is used here: it comes without types.
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  interface Request {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: Buffer;
    /** Makes each request from this one. */
    setupRequest?: (request: Request) => Request;
    onResponse?: (
      status: number,
      body: string,
      context: unknown,
      headers: Record<string, string>,
    ) => void;
  }
  /** Emits `request` before it sends one, and `connError`. */
  interface Client extends EventEmitter {
    setRequests(requests: Request[]): void;
    /** It ends by itself when it has sent so many requests and the last is answered. */
    responseMax?: number;
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
    /** Errors of connections after which it ends. */
    bailout?: number;
    setupClient: (client: Client) => void;
  }
  interface Result {
    errors: number;
    timeouts: number;
  }
  type Done = (error: Error | null, result: Result) => void;
  export default function autocannon(options: Options, done: Done): EventEmitter;
}
