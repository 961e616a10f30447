// A worker is killed while it holds photos: how long do those wait who were under way?
import { createLogger, createRedis } from '@synset/shared';
import type { Service } from '../service.ts';
import { median } from '../statistics.ts';
import type { Sent } from './sent.ts';
import { measureCapacity, type Setting, withService } from './setting.ts';
import { Victims } from './victims.ts';

const WORKERS = 2;
/** A steady trickle, so that the wait is that for the other worker and not that for a long queue. */
const MOST_PER_SECOND = 20;
const ROUND_MS = 8000;
/** The kill falls into the second after the first, at no fixed distance from any beat. */
const KILL_AFTER_MS = 1000;

export interface Kill {
  /** Requests that were under way. */
  readonly underWay: number;
  /** From the kill to the last of their answers. */
  readonly slowestMs: number;
  /** Requests of the round that were not answered with 200. */
  readonly failed: number;
}

export interface Recovery {
  readonly perSecond: number;
  readonly kills: readonly Kill[];
  readonly medianMs: number;
  readonly worstMs: number;
  readonly failed: number;
}

export async function measureRecovery(setting: Setting): Promise<Recovery> {
  setting.say('recovery: the rate that can be done');
  return await withService(setting, WORKERS, async (service) => {
    const perSecond = Math.min(MOST_PER_SECOND, (await measureCapacity(setting, service)) / 2);
    const log = createLogger('reliability', 'silent');
    const redis = createRedis({ url: service.redisUrl, name: 'synset-reliability', log });
    await redis.connect();
    try {
      const kills = await killInTurn(setting, service, new Victims(service, redis), perSecond);
      return { perSecond, ...summarize(kills) };
    } finally {
      redis.destroy();
    }
  });
}

async function killInTurn(
  { plan, sender, photos, say }: Setting,
  { url }: Service,
  victims: Victims,
  perSecond: number,
): Promise<Kill[]> {
  const count = Math.ceil((perSecond * ROUND_MS) / 1000);
  const names = await victims.names();
  const kills: Kill[] = [];
  for (let turn = 0; kills.length < plan.kills; turn++) {
    const name = names[turn % names.length] as string;
    const sending = sender.call({ url, photos, perSecond, count });
    const killing = pause(KILL_AFTER_MS * (1 + Math.random())).then(() => victims.kill(name));
    const [sent, killedAt] = await Promise.all([sending, killing]);
    await victims.back(name, killedAt ?? 0);
    if (killedAt === null) continue;
    const kill = outcome(sent, killedAt);
    kills.push(kill);
    say(`  kill ${kills.length} of ${plan.kills}: ${(kill.slowestMs / 1000).toFixed(2)} s`);
  }
  return kills;
}

export function outcome(sent: readonly Sent[], killedAt: number): Kill {
  const underWay = sent.filter(
    ({ startedAt, answeredAt }) => startedAt <= killedAt && answeredAt > killedAt,
  );
  return {
    underWay: underWay.length,
    slowestMs: Math.max(...underWay.map(({ answeredAt }) => answeredAt - killedAt)),
    failed: sent.filter(({ status }) => status !== 200).length,
  };
}

export function summarize(kills: readonly Kill[]): Omit<Recovery, 'perSecond'> {
  const slowest = kills.map(({ slowestMs }) => slowestMs);
  return {
    kills,
    medianMs: median(slowest),
    worstMs: Math.max(...slowest),
    failed: kills.reduce((sum, { failed }) => sum + failed, 0),
  };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
