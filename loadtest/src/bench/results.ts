// What a run has found; `data/bench/latest.json` holds it.

import type { Verdict } from '../limits.ts';
import type { Machine } from '../machine.ts';
import type { Memory, Role } from '../service.ts';
import type { Comparison } from './comparison.ts';
import type { Decoding } from './decoding.ts';
import type { Explaining } from './explain.ts';
import type { Machinery } from './machinery.ts';
import type { Overhead } from './overhead.ts';
import type { PageFigures } from './page.ts';
import type { Pairs } from './pairs.ts';
import type { Arrangement } from './reference.ts';
import type { Scenario } from './scenarios.ts';
import type { Workers } from './workers.ts';

export type Model = 'testcard-int8' | 'testcard';

export interface ScenarioFigures extends Scenario {
  readonly model: Model;
  /** Short trials of the reference, fastest first. */
  readonly tried: readonly { arrangement: Arrangement; perSecond: number }[];
  readonly comparison: Comparison;
  readonly memory: Record<Role, Memory>;
}

export interface MemoryFigure {
  readonly role: Role;
  readonly what: string;
  readonly model: Model;
  readonly sessions: number;
  readonly memory: Memory;
}

export interface Results {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly speed?: readonly ScenarioFigures[];
  readonly decoding?: readonly Decoding[];
  readonly explain?: readonly Explaining[];
  readonly machinery?: Machinery;
  /** Requests a second: cached answers, and plain Fastify. */
  readonly cached?: Pairs;
  readonly workers?: Workers;
  readonly overhead?: Overhead;
  readonly memory?: readonly MemoryFigure[];
  readonly page?: PageFigures;
  readonly verdicts: readonly Verdict[];
}
