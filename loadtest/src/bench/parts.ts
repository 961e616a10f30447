// The parts of a run: what each measures, and what is wanted of that.
import type { Verdict } from '../limits.ts';
import { measureCached } from './cached.ts';
import type { Context } from './context.ts';
import { measureDecoding } from './decoding.ts';
import { measureExplaining } from './explain.ts';
import { measureMachinery } from './machinery.ts';
import { measureMemory } from './memory.ts';
import { measureOverhead } from './overhead.ts';
import { measurePage } from './page.ts';
import type { Results } from './results.ts';
import { measureSpeed } from './speed.ts';
import {
  judgeCached,
  judgeDecoding,
  judgeExplaining,
  judgeMachinery,
  judgeMemory,
  judgeOverhead,
  judgePage,
  judgeScenario,
  judgeWorkers,
} from './verdicts.ts';
import { measureWorkers } from './workers.ts';

export type Part = Exclude<keyof Results, 'date' | 'command' | 'machine' | 'verdicts'>;
type Figures = Pick<Results, Part>;

export const parts: Record<Part, (context: Context) => Promise<[Figures, Verdict[]]>> = {
  speed: async (context) => {
    const speed = await measureSpeed(context);
    return [{ speed }, speed.flatMap(judgeScenario)];
  },
  decoding: async (context) => {
    const decoding = await measureDecoding(context);
    return [{ decoding }, decoding.map(judgeDecoding)];
  },
  explain: async (context) => {
    const explain = await measureExplaining(context);
    return [{ explain }, explain.map(judgeExplaining)];
  },
  machinery: async (context) => {
    const machinery = await measureMachinery(context);
    return [{ machinery }, [judgeMachinery(machinery)]];
  },
  cached: async (context) => {
    const cached = await measureCached(context);
    return [{ cached }, [judgeCached(cached)]];
  },
  workers: async (context) => {
    const workers = await measureWorkers(context);
    return [{ workers }, [judgeWorkers(workers)]];
  },
  overhead: async (context) => {
    const overhead = await measureOverhead(context);
    return [{ overhead }, judgeOverhead(overhead)];
  },
  memory: async (context) => {
    const memory = await measureMemory(context);
    return [{ memory }, memory.flatMap(judgeMemory)];
  },
  page: async (context) => {
    const page = await measurePage(context);
    return page ? [{ page }, judgePage(page)] : [{}, []];
  },
};

export async function measureParts(
  context: Context,
  wanted: readonly Part[],
): Promise<Figures & Pick<Results, 'verdicts'>> {
  let figures: Figures = {};
  const verdicts: Verdict[] = [];
  for (const part of wanted) {
    const [found, judged] = await parts[part](context);
    figures = { ...figures, ...found };
    verdicts.push(...judged);
  }
  return { ...figures, verdicts };
}
