// What is wanted of speed and memory, and what of it was reached.
import { atLeast, atMost, type Verdict } from '../limits.ts';
import type { MemoryFigure, Model, ScenarioFigures } from './results.ts';

const RATIO_AT_8 = 0.8;
const ADDED_MS_AT_1 = 5;
const API_MB = 300;
const WORKER_MB: Record<Model, number> = { 'testcard-int8': 350, testcard: 550 };
const FURTHER_INT8_SESSION_MB = 150;

/** The limits are for photos of ImageNet's size. */
export function judgeScenario(figures: ScenarioFigures): Verdict[] {
  const { model, size, connections, comparison } = figures;
  if (size !== 'imagenet') return [];
  if (connections === 1) {
    const what = `${model}, 1 connection: added to decoding and inference`;
    return [atMost(what, comparison.addedMs, ADDED_MS_AT_1, 'ms')];
  }
  if (connections !== 8) return [];
  const what = `${model}, 8 connections: service / reference`;
  return [atLeast(what, comparison.ratio, RATIO_AT_8, '')];
}

export function judgeMemory({ role, what, model, sessions, memory }: MemoryFigure): Verdict[] {
  if (role === 'api') return [atMost(what, memory.peakMb, API_MB, 'MB')];
  const further = sessions - 1;
  if (further > 0 && model !== 'testcard-int8') return [];
  const limit = WORKER_MB[model] + further * FURTHER_INT8_SESSION_MB;
  return [atMost(what, memory.peakMb, limit, 'MB')];
}
