// Slow clients: do they slow others, and are they cut off?
import { setTimeout as pause } from 'node:timers/promises';
import { handlesOf } from '../chaos/usage.ts';
import { heldBytes } from '../fuzz/held-bytes.ts';
import { latencies, type Sent, type Spread, spread, withStatus } from './sent.ts';
import { measureCapacity, type Setting, withService } from './setting.ts';
import {
  type SlowClients,
  type SlowEnd,
  type SlowKind,
  slowKinds,
  startSlowClients,
} from './slow-clients.ts';

const CLIENTS = 200;
/** Of what can be done: others' requests do not wait for each other much. */
const SHARE = 1 / 3;
/** Until all are connected, and the system holds all that it takes for those who read slowly. */
const LEAD_MS = 10_000;
/**
 * A connection on which nothing moves ends after 70 s, which Node looks at once more where something
 * had been written (net.Socket's _onTimeout): after 140 s.
 */
const CUT_OFF_MS = 170_000;
/** Of it, when the service's connections are counted: before the clients leave. */
const LOOK_MS = 160_000;

export interface CutOff {
  readonly kind: SlowKind;
  readonly clients: number;
  /** How many of them were. */
  readonly cut: number;
  /** Statuses of their answers; 0 is none. */
  readonly byStatus: Record<number, number>;
  readonly slowestMs: number;
}

export interface Slow {
  readonly clients: number;
  readonly perSecond: number;
  readonly quietMs: Spread;
  readonly slowMs: Spread;
  /** Requests of others that were not answered by 200. */
  readonly failed: number;
  /** As the clients have seen it: who does not read does not. */
  readonly cutOffs: readonly CutOff[];
  /** Connections that the service still has after all that time. */
  readonly left: number;
  /** What is wrong with the bytes that may be in flight, when all are gone. */
  readonly held: readonly string[];
}

export async function measureSlow(setting: Setting): Promise<Slow> {
  const { say, closing } = setting;
  say('slow clients: the rate that can be done');
  const slowClients = startSlowClients();
  closing.defer(() => slowClients.close());
  return await withService(setting, 1, async (service) => {
    const { api } = await service.processes();
    const before = await handlesOf(api);
    const perSecond = SHARE * (await measureCapacity(setting, service));
    const port = Number(new URL(service.url).port);
    const { quiet, slow } = await inTurn(setting, service.url, slowClients, perSecond);
    say(`slow clients: until they are cut off, at most ${CUT_OFF_MS / 1000} s`);
    const round = { port, count: CLIENTS, ms: CUT_OFF_MS, again: false };
    const left = async () => (await handlesOf(api)) - before;
    const [ends, after] = await Promise.all([slowClients.call(round), pause(LOOK_MS).then(left)]);
    const cutOffs = summarize(ends, CLIENTS);
    const all = [...quiet, ...slow];
    return {
      clients: CLIENTS,
      perSecond,
      quietMs: spread(latencies(quiet)),
      slowMs: spread(latencies(slow)),
      failed: all.length - withStatus(all, 200).length,
      cutOffs,
      left: Math.max(0, after),
      held: await heldBytes(port),
    };
  });
}

/** Rounds without and with slow clients by turns; where one is cut off the next one comes. */
async function inTurn(
  { plan, photos, sender, say }: Setting,
  url: string,
  slowClients: SlowClients,
  perSecond: number,
): Promise<{ quiet: Sent[]; slow: Sent[] }> {
  const count = Math.ceil((perSecond * plan.slowRoundMs) / 1000);
  const send = () => sender.call({ url, photos, perSecond, count });
  const [quiet, slow]: [Sent[], Sent[]] = [[], []];
  const port = Number(new URL(url).port);
  await send(); // warms up
  for (let pair = 1; pair <= plan.slowPairs; pair++) {
    say(`slow clients: pair ${pair} of ${plan.slowPairs}`);
    const beside = async () => {
      const round = { port, count: CLIENTS, ms: LEAD_MS + plan.slowRoundMs, again: true };
      const [sent] = await Promise.all([pause(LEAD_MS).then(send), slowClients.call(round)]);
      slow.push(...sent);
    };
    // Every other pair the other way round.
    if (pair % 2 === 0) await beside();
    quiet.push(...(await send()));
    if (pair % 2 === 1) await beside();
  }
  return { quiet, slow };
}

export function summarize(ends: readonly SlowEnd[], clients: number): CutOff[] {
  return slowKinds.map((kind, i) => {
    const of = ends.filter((end) => end.kind === kind);
    const byStatus: Record<number, number> = {};
    for (const { status } of of) byStatus[status] = (byStatus[status] ?? 0) + 1;
    return {
      kind,
      clients: Math.ceil((clients - i) / slowKinds.length),
      cut: of.length,
      byStatus,
      slowestMs: Math.max(0, ...of.map(({ afterMs }) => afterMs)),
    };
  });
}
