// A whole load test, from the photos to the report as data.
import { describeMachine } from '../machine.ts';
import { startSender } from '../reliability/sender.ts';
import { startClosedLoop } from './closed.ts';
import { measureTarget, measureWaiting, type Setting } from './measure.ts';
import type { Options } from './options.ts';
import { makeMix } from './photos.ts';
import type { Plan } from './plan.ts';
import { Progress } from './progress.ts';
import type { Cell, Model, Report } from './results.ts';
import { openTarget } from './target.ts';

export interface RunOptions {
  readonly options: Options;
  readonly plan: Plan;
  /** For photos and Redis's data; removed by the caller. */
  readonly folder: string;
  readonly closing: AsyncDisposableStack;
  readonly say: (line: string) => void;
}

export async function runLoadTest(run: RunOptions): Promise<Report> {
  const { options, plan, folder, closing, say } = run;
  const progress = new Progress(plan, say);
  const [closedLoop, sender] = [startClosedLoop(), startSender()];
  closing.defer(() => closedLoop.close());
  closing.defer(() => sender.close());
  // It may not be there: better said at once.
  if (options.url) await openTarget(options, null, folder, closing);
  const machine = await describeMachine();
  const mix = await makeMix(folder);
  const setting: Setting = { plan, mix, closedLoop, sender, progress };
  const found = await measureAll(run, setting);
  return {
    format: 'synset-loadtest-1',
    date: new Date().toISOString(),
    command: commandOf(options),
    seconds: progress.seconds,
    url: options.url,
    machine: { ...machine, instructionSets: [...machine.instructionSets] },
    photos: [...mix.shares],
    runs: plan.runs,
    runSeconds: plan.runMs / 1000,
    ...found,
    notes: notesOf(options, progress),
  };
}

async function measureAll({ options, plan, folder, closing }: RunOptions, setting: Setting) {
  const cells: Cell[] = [];
  let backlog: Report['backlog'] = [];
  let model: Model | undefined;
  for (const [i, workers] of plan.services.entries()) {
    const target = await openTarget(options, workers, folder, closing);
    model = target.model;
    if (i === 0) backlog = await measureWaiting(setting, target);
    cells.push(...(await measureTarget(setting, target)));
    await target.close();
  }
  if (!model) throw new Error('nothing to measure');
  return { model, cells, backlog };
}

function notesOf({ url }: Options, { skipped }: Progress): string[] {
  const elsewhere =
    'The service was running already: what its processes take and what its Redis holds is unknown, and the machine named here is that of the load generator.';
  const late = `${skipped} runs were left out: the time was over. Their figures stand on fewer runs, or are missing.`;
  return [...(url ? [elsewhere] : []), ...(skipped > 0 ? [late] : [])];
}

/** What is to be typed to do the same again. */
function commandOf({ url, users, workers, model, seconds }: Options): string {
  const where = url ? [`URL=${url}`] : [`WORKERS=${workers.join(',')}`, `MODEL=${model}`];
  const time = seconds === null ? [] : [`SECONDS=${seconds}`];
  return ['make loadtest', `USERS=${users.join(',')}`, ...where, ...time].join(' ');
}
