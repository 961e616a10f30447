// One photo followed through all services: by its trace, and by its lines in the logs.
import { startCollector, testPhoto } from '@synset/shared/testing';
import { expect, onTestFinished, test } from 'vitest';
import { startSystem } from './system.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';

test("a photo's way is one trace, and its lines have its IDs", async () => {
  const collector = await startCollector();
  onTestFinished(() => collector.close());
  const env = { LOG_LEVEL: 'info', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const system = await startSystem(env);
  onTestFinished(async () => void (await system.end()));
  const predict = () =>
    fetch(`${system.url}/predict`, {
      method: 'POST',
      body: new Uint8Array(testPhoto('dust-bowl-home')),
      headers: {
        'content-type': 'image/jpeg',
        authorization: 'Bearer hush',
        traceparent: `00-${TRACE}-${CALLER}-01`,
      },
    });
  const response = await predict();
  expect(response.status).toBe(200);
  const id = response.headers.get('x-request-id');
  expect(await (await predict()).json()).toMatchObject({ cached: true });
  // Each service sends its last spans as it ends.
  expect(await system.end()).toBe(0);

  const [asked, known] = collector.spans.filter(({ name }) => name === 'POST /predict');
  const [sent] = collector.spans.filter(({ name }) => name.startsWith('send '));
  const [done] = collector.spans.filter(({ name }) => name.startsWith('process '));
  const { spans } = collector;
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
  expect(spans).toHaveLength(6); // with decode and infer; the second answer was known
  expect(asked).toMatchObject({ service: 'synset-api', parentSpanId: CALLER });
  expect(known?.attributes['synset.cached']).toBe(true);
  expect(sent).toMatchObject({ service: 'synset-api', parentSpanId: asked?.spanId });
  expect(done).toMatchObject({ service: 'synset-worker', parentSpanId: sent?.spanId });
  for (const name of ['decode', 'infer']) {
    expect(collector.span(name)).toMatchObject({
      service: 'synset-worker',
      parentSpanId: done?.spanId,
    });
    expect(collector.span(name).ms).toBeLessThanOrEqual(done?.ms ?? 0);
  }

  const lines = system.output().match(/^\{.*\}$/gm) ?? [];
  const ours = lines.map((line) => JSON.parse(line)).filter(({ jobId }) => jobId === id);
  expect(ours.sort((a, b) => a.name.localeCompare(b.name))).toMatchObject([
    { name: 'api', requestId: id, traceId: TRACE, status: 200, msg: 'request' },
    { name: 'worker', requestId: id, traceId: TRACE, outcome: 'done', msg: 'job' },
  ]);
  expect(system.output()).not.toContain('hush');
});
