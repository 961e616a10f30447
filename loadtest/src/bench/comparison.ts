// Service against reference, in turns, so that the ratio does not depend on the machine's mood.
import { type Load, type LoadResult, putLoad } from '../load.ts';
import type { Service } from '../service.ts';
import { type Estimate, estimate, median, percentile, perSecond } from '../statistics.ts';
import type { Arrangement, Reference } from './reference.ts';

export interface Contenders {
  readonly load: Load;
  readonly service: Service;
  readonly references: readonly { arrangement: Arrangement; reference: Reference }[];
}

export interface Terms {
  readonly photos: readonly string[];
  readonly connections: number;
  readonly rounds: number;
  /** Milliseconds of one turn. */
  readonly ms: number;
}

export interface Comparison {
  /** Requests per second, medians of the rounds. */
  readonly service: number;
  /** Fastest first. */
  readonly references: readonly { arrangement: Arrangement; perSecond: number }[];
  /** Service by fastest reference. */
  readonly ratio: Estimate;
  readonly latencyMs: { p50: number; p90: number; p99: number };
  /** At the median, what the client waits beyond decoding and inference. */
  readonly addedMs: number;
}

interface Round {
  readonly service: LoadResult;
  readonly references: readonly number[];
}

const WARM_UP_MS = 1000;

export async function compare(contenders: Contenders, terms: Terms): Promise<Comparison> {
  await play(contenders, { ...terms, ms: WARM_UP_MS }, false);
  const rounds: Round[] = [];
  // Every other round the other way round: whoever comes second has a warmer machine.
  for (let i = 0; i < terms.rounds; i++) rounds.push(await play(contenders, terms, i % 2 === 1));
  return summarize(contenders, rounds);
}

async function play(contenders: Contenders, terms: Terms, reversed: boolean): Promise<Round> {
  const { load, service, references } = contenders;
  const { photos, connections, ms } = terms;
  const serve = () => putLoad(load, { url: service.url, photos, connections, ms });
  const first = reversed ? await serve() : undefined;
  const figures: number[] = [];
  for (const { reference } of references) {
    figures.push(perSecond(await reference.call({ photos, connections, ms })));
  }
  return { service: first ?? (await serve()), references: figures };
}

function summarize({ references }: Contenders, rounds: readonly Round[]): Comparison {
  // Which reference is the fastest is told by the rounds: the trials before them were short.
  const measured = references
    .map(({ arrangement }, i) => ({
      arrangement,
      all: rounds.map((round) => round.references[i] ?? 0),
    }))
    .map(({ arrangement, all }) => ({ arrangement, all, perSecond: median(all) }))
    .sort((a, b) => b.perSecond - a.perSecond);
  const ratios = rounds.map((round, i) => perSecond(round.service) / (measured[0]?.all[i] ?? 0));
  const latencies = rounds.flatMap((round) => round.service.latencies);
  return {
    service: median(rounds.map((round) => perSecond(round.service))),
    references: measured.map(({ arrangement, perSecond }) => ({ arrangement, perSecond })),
    ratio: estimate(ratios),
    latencyMs: {
      p50: percentile(latencies, 0.5),
      p90: percentile(latencies, 0.9),
      p99: percentile(latencies, 0.99),
    },
    addedMs: percentile(
      rounds.flatMap((round) => round.service.added),
      0.5,
    ),
  };
}
