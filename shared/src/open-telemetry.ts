// Traces by OpenTelemetry, sent by OTLP over HTTP. The only file that knows its packages; imported
// where traces are wanted.
import {
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  type Span as SdkSpan,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { type ExportResult, ExportResultCode, parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from './log.ts';
import { describeError } from './redis.ts';
import type { Attributes, Span, SpanOptions, Tracer, TracingOptions } from './tracing.ts';

/** Spans that wait to be sent; while the collector is away or slow, further ones are dropped. */
const MAX_WAITING = 2048;
const EXPORT_TIMEOUT_MS = 5000;
/** A service that ends waits no longer for its last spans to be taken. */
const FLUSH_TIMEOUT_MS = 2000;

const kinds = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

export function openTracer(options: TracingOptions & { readonly endpoint: string }): Tracer {
  const { service, instance, endpoint, ratio, log } = options;
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS });
  const attributes = { 'service.name': service, 'service.instance.id': instance };
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(attributes)),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: telling(exporter, log), maxQueueSize: MAX_WAITING }),
    ],
  });
  const tracer = provider.getTracer('synset');
  return {
    start(name, { kind, parent, attributes }) {
      const context = parent === undefined ? null : parseTraceParent(parent);
      const span = tracer.startSpan(name, { kind: kinds[kind] }, within(context));
      return span.isRecording() ? new RecordedSpan(tracer, span.setAttributes(attributes())) : null;
    },
    close: () => inTime(provider.shutdown()),
  };
}

const within = (parent: SpanContext | null) =>
  parent ? trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true }) : ROOT_CONTEXT;

class RecordedSpan implements Span {
  readonly #tracer: OtelTracer;
  readonly #span: SdkSpan;

  constructor(tracer: OtelTracer, span: SdkSpan) {
    this.#tracer = tracer;
    this.#span = span;
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  get traceparent(): string {
    const { traceId, spanId } = this.#span.spanContext();
    return `00-${traceId}-${spanId}-01`;
  }

  start(name: string, { kind, attributes }: SpanOptions): Span {
    return new RecordedSpan(
      this.#tracer,
      this.#part(name, { kind: kinds[kind], attributes: attributes() }),
    );
  }

  took(name: string, ms: number): void {
    const now = performance.now();
    this.#part(name, { startTime: now - ms }).end(now);
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  link(traceparent: string, reason: string): void {
    const context = parseTraceParent(traceparent);
    if (!context) return;
    const traceFlags = context.traceFlags & TraceFlags.SAMPLED;
    this.#span.addLink({
      context: { ...context, traceFlags, isRemote: true },
      attributes: { 'synset.link.reason': reason },
    });
  }

  end(error?: string): void {
    if (error !== undefined) {
      this.#span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
  }

  #part(name: string, options: Parameters<OtelTracer['startSpan']>[1]): SdkSpan {
    return this.#tracer.startSpan(name, options, trace.setSpan(ROOT_CONTEXT, this.#span));
  }
}

/** Says once when spans are not taken, and once when they are again. */
function telling(exporter: SpanExporter, log: Logger): SpanExporter {
  let failing = false;
  const tell = ({ code, error }: ExportResult) => {
    const failed = code !== ExportResultCode.SUCCESS;
    if (failed && !failing) log.warn({ err: describeError(error) }, 'traces are not taken');
    if (!failed && failing) log.info('traces are taken again');
    failing = failed;
  };
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        tell(result);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}

async function inTime(ended: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FLUSH_TIMEOUT_MS);
  });
  await Promise.race([ended.catch(() => {}), late]);
  clearTimeout(timer);
}
