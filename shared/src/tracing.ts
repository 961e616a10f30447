// Traces: what a request goes through in all services. Most are not recorded, and nothing of
// OpenTelemetry is even loaded unless there is someone to send them to.
import type { Job } from './job.ts';
import { GROUP, type Keys } from './keys.ts';
import type { Logger } from './log.ts';

/** Named by OpenTelemetry's semantic conventions, else `synset.…`. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly kind: 'server' | 'producer' | 'consumer';
  /** Asked for where the span is recorded, as most are not. */
  readonly attributes: () => Attributes;
}

/** A part of a trace that is recorded. */
export interface Span {
  readonly traceId: string;
  /** Names it to another process, which goes on from it (W3C Trace Context). */
  readonly traceparent: string;
  /** A part of it that begins now. */
  start(name: string, options: SpanOptions): Span;
  /** A part of it that ends now. */
  took(name: string, ms: number): void;
  set(attributes: Attributes): void;
  /** Names a span of any trace that has to do with it, and why. */
  link(traceparent: string, reason: string): void;
  /** `error`: the code of what went wrong. */
  end(error?: string): void;
}

export interface Tracer {
  /**
   * The first span of a request or a job here: a part of `parent`, whose word counts whether it is
   * recorded, else of a trace of its own. A traceparent that is none is ignored. Null where the
   * trace is not recorded.
   */
  start(name: string, options: SpanOptions & { readonly parent?: string }): Span | null;
  /** Sends what is left, as far as that can be done in a short time. */
  close(): Promise<void>;
}

export interface TracingOptions {
  readonly service: string;
  /** Tells several processes of the service apart. */
  readonly instance: string;
  /** Where OTLP over HTTP is taken; undefined: there are no traces. */
  readonly endpoint: string | undefined;
  /** Share of the traces that begin here which is recorded. */
  readonly ratio: number;
  readonly log: Logger;
}

const off: Tracer = { start: () => null, close: async () => {} };

export async function startTracing({ endpoint, ...options }: TracingOptions): Promise<Tracer> {
  if (endpoint === undefined) return off;
  const { openTracer } = await import('./open-telemetry.ts');
  return openTracer({ endpoint, ...options });
}

/** What is told of a job where it is published and where it is processed. */
export const jobAttributes = (
  { jobs }: Keys,
  { id, requestId, image }: Pick<Job, 'id' | 'requestId' | 'image'>,
  operation: 'send' | 'process',
): Attributes => ({
  'messaging.system': 'redis',
  'messaging.destination.name': jobs,
  'messaging.operation.type': operation,
  'messaging.operation.name': operation,
  'messaging.message.id': id,
  'messaging.message.body.size': image.length,
  ...(operation === 'process' && { 'messaging.consumer.group.name': GROUP }),
  ...(requestId !== null && { 'synset.request.id': requestId }),
});
