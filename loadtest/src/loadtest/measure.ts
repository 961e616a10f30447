// The measuring itself: each service in turn, each load several times.
import type { Sender } from '../reliability/sender.ts';
import { measureBacklog } from './backlog.ts';
import type { ClosedLoop } from './closed.ts';
import { cellOf, figuresOf, type Measured } from './figures.ts';
import { sendAtRate } from './fixed.ts';
import { loadName, plural } from './names.ts';
import type { Mix } from './photos.ts';
import { closedExtraMs, FIXED_EXTRA_MS, type Plan, SHARES, WARM_UP_MS } from './plan.ts';
import { Meter } from './processes.ts';
import type { Progress } from './progress.ts';
import type { BacklogRow, Cell, Load } from './results.ts';
import type { Target } from './target.ts';

const WARM_UP_USERS = 8;

export interface Setting {
  readonly plan: Plan;
  readonly mix: Mix;
  readonly closedLoop: ClosedLoop;
  readonly sender: Sender;
  readonly progress: Progress;
}

/** All cells of one service. */
export async function measureTarget(setting: Setting, target: Target): Promise<Cell[]> {
  const { plan, mix, closedLoop } = setting;
  const warmUp = { url: target.url, photos: mix.photos, users: WARM_UP_USERS, ms: WARM_UP_MS };
  await closedLoop.call(warmUp);
  const closed = await measureLoads(
    setting,
    target,
    plan.users.map((users) => ({ mode: 'closed', users })),
  );
  const most = Math.max(...closed.map(({ perSecond }) => perSecond));
  const fixed = await measureLoads(
    setting,
    target,
    SHARES.map((share) => ({ mode: 'fixed', share, perSecond: share * most })),
  );
  return [...closed, ...fixed];
}

/** The runs of a load lie apart, so that a busy minute of the machine does not fall on one alone. */
async function measureLoads(
  setting: Setting,
  target: Target,
  loads: readonly Load[],
): Promise<Cell[]> {
  const { plan, progress } = setting;
  const measured = loads.map((): Measured[] => []);
  for (let turn = 0; turn < plan.runs; turn++) {
    for (const [i, load] of loads.entries()) {
      if (!progress.allows(plan.runMs + extraMs(load))) continue;
      const run = await measureOnce(setting, target, load);
      measured[i]?.push(run);
      progress.done(line(target, load, run, `run ${turn + 1} of ${plan.runs}`));
    }
  }
  const cells = loads.map((load, i) => cellOf(target.workers, load, measured[i] ?? []));
  return cells.filter(({ runs }) => runs.length > 0);
}

async function measureOnce(setting: Setting, target: Target, load: Load): Promise<Measured> {
  const { plan, mix, closedLoop, sender } = setting;
  const generator = load.mode === 'closed' ? closedLoop : sender;
  const meter = await Meter.start([
    ...target.processes,
    { name: 'load generator', pid: generator.pid },
  ]);
  const round = { url: target.url, photos: mix.photos, ms: plan.runMs };
  const run =
    load.mode === 'closed'
      ? await closedLoop.call({ ...round, users: load.users })
      : await sendAtRate(sender, { ...round, perSecond: load.perSecond });
  const { answers } = run;
  const photos = answers.filter(({ status }) => status === 200).length;
  const processes = await meter.stop(photos);
  if (photos > 0) return { ...run, processes };
  throw new Error(`no photo was answered; the first: ${answers[0]?.code ?? 'nothing came'}`);
}

export async function measureWaiting(
  { mix, progress }: Setting,
  { redisUrl, processes }: Target,
): Promise<BacklogRow[]> {
  const redis = processes.find(({ name }) => name === 'Redis');
  if (!redisUrl || !redis) return [];
  const rows = await measureBacklog({ url: redisUrl, pid: redis.pid }, mix.small);
  const { jobs = 0, usedMb = 0 } = rows.at(-1) ?? {};
  progress.done(`backlog: ${jobs} photos waiting, Redis uses ${usedMb.toFixed(0)} MB`);
  return rows;
}

const extraMs = (load: Load) =>
  load.mode === 'closed' ? closedExtraMs(load.users) : FIXED_EXTRA_MS;

function line({ workers }: Target, load: Load, run: Measured, turn: string): string {
  const { perSecond, latency } = figuresOf(run);
  const ms = latency ? `p50 ${latency.p50.toFixed(0)} ms, p99 ${latency.p99.toFixed(0)} ms` : '';
  const failed = run.answers.filter(({ status }) => status !== 200).length;
  return [
    `${plural(workers, 'worker')}, ${loadName(load)}, ${turn}:`,
    `${perSecond.toFixed(1)}/s, ${ms}${failed > 0 ? `, ${failed} failed` : ''}`,
  ].join(' ');
}
