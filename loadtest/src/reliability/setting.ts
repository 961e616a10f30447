// What the three measurements share: photos, load, and a service started as by default.
import { join } from 'node:path';
import { MODEL_DIR } from '../data.ts';
import { type Load, putLoad } from '../load.ts';
import { Service } from '../service.ts';
import { perSecond } from '../statistics.ts';
import type { Plan } from './plan.ts';
import type { Sender } from './sender.ts';

const CONNECTIONS = 8;
const WARM_UP_MS = 2000;

export interface Setting {
  readonly plan: Plan;
  readonly photos: readonly string[];
  readonly load: Load;
  readonly sender: Sender;
  /** Removed by the caller. */
  readonly folder: string;
  readonly closing: AsyncDisposableStack;
  readonly say: (line: string) => void;
}

export async function withService<Result>(
  { folder, closing }: Setting,
  workers: number,
  use: (service: Service) => Promise<Result>,
): Promise<Result> {
  const model = { model: 'testcard-int8', modelDir: MODEL_DIR };
  const service = await Service.start(
    { ...model, folder: join(folder, 'service'), workers },
    closing,
  );
  try {
    return await use(service);
  } finally {
    await service.close();
  }
}

/** Photos a second that are answered when nobody sends more than the workers can do. */
export async function measureCapacity(setting: Setting, { url }: Service): Promise<number> {
  const { plan, photos, load, say } = setting;
  const round = { url, photos, connections: CONNECTIONS };
  await putLoad(load, { ...round, ms: WARM_UP_MS });
  const rate = perSecond(await putLoad(load, { ...round, ms: plan.capacityMs }));
  say(`  ${rate.toFixed(1)} a second with ${CONNECTIONS} connections`);
  return rate;
}
