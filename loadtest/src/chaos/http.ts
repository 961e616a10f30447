// One HTTP request on a connection of its own: one that is kept may be closed in the same moment.
import { type IncomingHttpHeaders, request } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface HttpRequest {
  readonly headers?: Record<string, string>;
  /** With a body it is a POST. */
  readonly body?: Buffer;
}

/** No request may take longer, whatever befalls the service. */
const DEADLINE_MS = 60_000;

/** Rejects when the connection ends before the answer does. */
export function ask(url: string, { headers = {}, body }: HttpRequest = {}): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const method = body ? 'POST' : 'GET';
    const length = body ? { 'content-length': `${body.length}` } : {};
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const options = { method, agent: false, headers: { ...headers, ...length }, signal } as const;
    const sent = request(url, options, async (response) => {
      try {
        const text = Buffer.concat(await Array.fromAsync(response)).toString();
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: JSON.parse(text) });
      } catch (error) {
        reject(error);
      }
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
