// Steady load for long: does memory grow?
import { type Growth, growthOf, sampleMemory } from './growth.ts';
import { countByStatus, latencies, type Spread, spread, withStatus } from './sent.ts';
import { measureCapacity, type Setting, withService } from './setting.ts';

const SHARE = 0.8;

export interface Soak {
  readonly perSecond: number;
  readonly latencyMs: Spread;
  readonly byStatus: Record<string, number>;
  readonly failed: number;
  readonly memory: readonly Growth[];
}

export async function measureSoak(setting: Setting): Promise<Soak> {
  const { plan, photos, sender, say } = setting;
  say('soak: the rate that can be done');
  return await withService(setting, 1, async (service) => {
    const perSecond = SHARE * (await measureCapacity(setting, service));
    const count = plan.soakRequests;
    const ms = (count / perSecond) * 1000;
    say(`soak: ${count} requests, ${perSecond.toFixed(1)} a second, ${Math.round(ms / 1000)} s`);
    const sending = sender.call({ url: service.url, photos, perSecond, count });
    const { result, samples } = await sampleMemory(service, sending);
    const done = withStatus(result, 200);
    return {
      perSecond,
      latencyMs: spread(latencies(done)),
      byStatus: countByStatus(result),
      failed: count - done.length,
      memory: growthOf(samples, ms),
    };
  });
}
