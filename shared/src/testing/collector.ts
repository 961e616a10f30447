// A collector of traces for tests: takes OTLP over HTTP, and keeps the spans.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';

type Values = Record<string, unknown>;

export interface CollectedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of its trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Values;
  readonly links: readonly { traceId: string; spanId: string; attributes: Values }[];
  /** Whether it ended with an error. */
  readonly failed: boolean;
  readonly ms: number;
}

export interface Collector {
  /** What OTEL_EXPORTER_OTLP_ENDPOINT is set to. */
  readonly url: string;
  readonly spans: CollectedSpan[];
  /** The only span of this name; fails where there are more, or none. */
  span(name: string): CollectedSpan;
  close(): Promise<void>;
}

export interface CollectorOptions {
  /** Takes the request and never answers. */
  readonly hangs?: boolean;
}

export async function startCollector({ hangs = false }: CollectorOptions = {}): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    if (hangs) return;
    if (request.url === '/v1/traces') spans.push(...spansIn((await json(request)) as Export));
    response.setHeader('content-type', 'application/json').end('{}');
  };
  const server = createServer(take);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    span(name) {
      const [span, ...others] = spans.filter((one) => one.name === name);
      if (span && others.length === 0) return span;
      throw new Error(`not one ${name} in: ${spans.map((one) => one.name)}`);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Attributes = { key: string; value: Record<string, unknown> }[];

interface Export {
  resourceSpans: {
    resource: { attributes: Attributes };
    scopeSpans: { spans: RawSpan[] }[];
  }[];
}

interface RawSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: Attributes;
  links?: { traceId: string; spanId: string; attributes: Attributes }[];
  status?: { code?: number };
}

const spansIn = ({ resourceSpans }: Export): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = `${values(resource.attributes)['service.name']}`;
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => toSpan(span, service)));
  });

const toSpan = (raw: RawSpan, service: string): CollectedSpan => ({
  service,
  traceId: raw.traceId,
  spanId: raw.spanId,
  parentSpanId: raw.parentSpanId ?? '',
  name: raw.name,
  attributes: values(raw.attributes),
  links: (raw.links ?? []).map((link) => ({ ...link, attributes: values(link.attributes) })),
  failed: raw.status?.code === 2,
  ms: Number(BigInt(raw.endTimeUnixNano) - BigInt(raw.startTimeUnixNano)) / 1e6,
});

const values = (attributes: Attributes = []): Values =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));

/** A whole number comes as text where it may not fit into a number. */
function plain(value: Record<string, unknown>): unknown {
  return 'intValue' in value ? Number(value.intValue) : Object.values(value)[0];
}
