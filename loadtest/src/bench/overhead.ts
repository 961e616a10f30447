// What being watched costs a photo: CPU of all processes with metrics and logs, and with traces,
// beside the same system without.
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, samplesOf, startCollector } from '@synset/shared/testing';
import type { Service } from '../service.ts';
import type { Context, Settings } from './context.ts';
import { cpuAPhoto } from './machinery.ts';
import { inPairs, type Pairs } from './pairs.ts';

/** A turn is as long as Prometheus usually waits between two looks: each turn has one. */
const TURN_MS = 5000;
const SAMPLED = 0.1;

const model = 'testcard-int8';
const unwatched: Settings = { model, env: { LOG_LEVEL: 'silent', METRICS: 'off' } };

/** Milliseconds of CPU a photo: watched and not. */
export interface Overhead {
  readonly metricsAndLogs: Pairs;
  readonly traces: Pairs;
}

export async function measureOverhead(context: Context): Promise<Overhead> {
  return { metricsAndLogs: await ofMetricsAndLogs(context), traces: await ofTraces(context) };
}

async function ofMetricsAndLogs(context: Context): Promise<Pairs> {
  context.options.say('overhead: metrics and logs');
  const port = await freePort();
  const env = { LOG_LEVEL: 'info', METRICS: 'on', METRICS_PORT: `${port}` };
  return await context.withService({ model, env }, async (watched) => {
    const urls = [watched.url, `http://127.0.0.1:${port}`];
    const pairs = await beside(context, watched, () => scrapeAll(urls));
    const [api = '', worker = ''] = await scrapeAll(urls);
    insist('requests that were counted', sum(api, 'synset_http_requests_total'));
    insist('jobs that were counted', sum(worker, 'synset_worker_jobs_total'));
    for (const line of ['request', 'job']) {
      insist(`lines of a ${line}`, watched.output.split(`"msg":"${line}"`).length - 1);
    }
    return pairs;
  });
}

async function ofTraces(context: Context): Promise<Pairs> {
  context.options.say('overhead: traces');
  const collector = await startCollector();
  context.options.closing.defer(() => collector.close());
  const env = {
    ...unwatched.env,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_SAMPLER_ARG: `${SAMPLED}`,
  };
  return await context.withService({ model, env }, async (watched) => {
    const pairs = await beside(context, watched, async () => {});
    insist('spans that were sent', collector.spans.length);
    return pairs;
  });
}

/** By turns with the same system unwatched; `look` is what is asked of the watched one each turn. */
async function beside(
  context: Context,
  watched: Service,
  look: () => Promise<unknown>,
): Promise<Pairs> {
  const { plan, load, say } = context.options;
  const terms = { photos: await context.photosOf('imagenet'), ms: TURN_MS };
  return await context.withService(unwatched, async (other) => {
    say(`  ${plan.rounds} pairs`);
    const turn = async (service: Service, alsoDo: () => Promise<unknown>) => {
      const looking = pause(TURN_MS / 2).then(alsoDo);
      const [cpuMs] = await Promise.all([cpuAPhoto(service, load, terms), looking]);
      return cpuMs;
    };
    const pairs = await inPairs(
      plan.rounds,
      () => turn(watched, look),
      () => turn(other, async () => {}),
    );
    if (other.output.includes('"level"')) throw new Error('the unwatched service writes a log');
    return pairs;
  });
}

const scrapeAll = (urls: readonly string[]): Promise<string[]> =>
  Promise.all(urls.map(async (url) => await (await fetch(`${url}/metrics`)).text()));

/** Of all samples of the name, whatever their labels. */
const sum = (text: string, name: string): number =>
  [...samplesOf(text)]
    .filter(([sample]) => sample.startsWith(name))
    .reduce((total, [, value]) => total + value, 0);

/** A figure of what did not happen means nothing. */
function insist(what: string, count: number): void {
  if (!(count > 0)) throw new Error(`none of the ${what}`);
}
