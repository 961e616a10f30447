// Twice as many requests as the workers can do: who is served, and how soon the rest is refused.
import { type Growth, growthOf, sampleMemory } from './growth.ts';
import {
  countByStatus,
  latencies,
  lateness,
  type Sent,
  type Spread,
  spread,
  waits,
  withStatus,
} from './sent.ts';
import { measureCapacity, type Setting, withService } from './setting.ts';

const TIMES = 2;

export interface Served {
  /** Answers with 200 until the sending ended, a second. */
  readonly perSecond: number;
  readonly latencyMs: Spread;
  /** From a request's last byte to its 503. */
  readonly refusedMs: Spread;
  readonly withoutRetryAfter: number;
  readonly byStatus: Record<string, number>;
  /** How late the sender was. */
  readonly lateMs: number;
}

export interface Overload extends Served {
  /** Answers a second without overload, before or after it. */
  readonly capacity: number;
  readonly sentPerSecond: number;
  readonly memory: readonly Growth[];
}

export async function measureOverload(setting: Setting): Promise<Overload> {
  const { plan, photos, sender, say } = setting;
  say('overload: the rate without it');
  return await withService(setting, 1, async (service) => {
    const before = await measureCapacity(setting, service);
    const sentPerSecond = TIMES * before;
    say(`overload: ${sentPerSecond.toFixed(1)} requests a second for ${plan.overloadMs / 1000} s`);
    const count = Math.ceil((sentPerSecond * plan.overloadMs) / 1000);
    const sending = sender.call({ url: service.url, photos, perSecond: sentPerSecond, count });
    const { result, samples } = await sampleMemory(service, sending);
    const memory = growthOf(samples, plan.overloadMs);
    say('overload: the rate without it, once more');
    // The better of the two: what the machine lost meanwhile must not flatter.
    const capacity = Math.max(before, await measureCapacity(setting, service));
    return { ...served(result, plan.overloadMs), capacity, sentPerSecond, memory };
  });
}

export function served(sent: readonly Sent[], ms: number): Served {
  const done = withStatus(sent, 200);
  const refused = withStatus(sent, 503);
  const end = (sent[0]?.dueAt ?? 0) + ms;
  const inTime = done.filter(({ answeredAt }) => answeredAt < end);
  return {
    perSecond: (inTime.length / ms) * 1000,
    latencyMs: spread(latencies(done)),
    refusedMs: spread(waits(refused)),
    withoutRetryAfter: refused.filter(({ hasRetryAfter }) => !hasRetryAfter).length,
    byStatus: countByStatus(sent),
    lateMs: lateness(sent),
  };
}
