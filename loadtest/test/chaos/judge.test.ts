import { expect, it } from 'vitest';
import { type Evidence, judge, rules } from '../../src/chaos/judge.ts';
import type { Ended, Outcome } from '../../src/chaos/outcome.ts';

const usage = { handles: { api: 30, worker: 40 }, connections: { api: 4, worker: 4 } };
const done: Ended = { status: 'done', prediction: 'tabby', sha256: 'aa' };
const failed = (code: string): Ended => ({ status: 'failed', code });

const outcome = (jobId: string, fields: Partial<Outcome> = {}): Outcome => ({
  photo: { name: 'locomotion-house-cat', comment: 'photo 1', poison: false },
  way: 'jobs',
  sha256: 'aa',
  jobId,
  late: false,
  answers: [done],
  ...fields,
});

const poison = (fields: Partial<Outcome> = {}): Outcome =>
  outcome('poison', {
    photo: { name: 'locomotion-house-cat', comment: 'photo 2', poison: true },
    answers: [failed('JOB_FAILED')],
    ...fields,
  });

const byPoison = { name: 'worker-1', end: 'SIGKILL' };

/** A run in which everything that may happen has happened. */
const innocent: Evidence = {
  outcomes: [
    outcome('a', { answers: [done, done] }),
    outcome('b', { way: 'predict' }),
    outcome('c', { way: 'predict', late: true }),
    outcome('d', { way: 'predict', late: true, answers: [failed('DEADLINE_EXCEEDED')] }),
    poison(),
  ],
  right: new Map([['locomotion-house-cat', 'tabby']]),
  replies: new Map([['b', 1]]),
  deadLetters: [{ jobId: 'poison', reason: 'killed' }],
  offences: [],
  accidents: [byPoison, byPoison, byPoison],
  backlog: 0,
  pending: 0,
  lastingKeys: [],
  idle: usage,
  usage: { ...usage, handles: { api: 29, worker: 40 } },
  exits: [{ name: 'api-1', end: 0 }],
};

it('finds nothing where every promise was kept', () => {
  expect(judge(innocent)).toEqual([]);
});

const withOne = (more: Outcome) => ({ outcomes: [...innocent.outcomes, more] });
const letters = innocent.deadLetters;

const breaches: readonly [string, Partial<Evidence>][] = [
  ['never accepted', withOne(outcome('', { jobId: null, answers: [] }))],
  ['lost', withOne(outcome('x', { answers: [{ status: 'lost', detail: 'unknown' }] }))],
  ['lost', withOne(outcome('x', { answers: [done, { status: 'lost', detail: 'unknown' }] }))],
  ['answered twice', { replies: new Map([['b', 2]]) }],
  ['wrong category', withOne(outcome('x', { answers: [{ ...done, prediction: 'tench' }] }))],
  ["another photo's answer", withOne(outcome('x', { sha256: 'bb' }))],
  ['failed', withOne(outcome('x', { answers: [failed('JOB_FAILED')] }))],
  ['failed', withOne(outcome('x', { answers: [failed('DEADLINE_EXCEEDED')] }))],
  ['failed', withOne(outcome('x', { late: true, answers: [failed('JOB_FAILED')] }))],
  ['poison survived', { outcomes: [poison({ answers: [done] })] }],
  ['poison survived', { outcomes: [poison({ answers: [failed('IMAGE_UNREADABLE')] })] }],
  ['dead letters', { deadLetters: [] }],
  ['dead letters', { deadLetters: [...letters, ...letters] }],
  ['dead letters', { deadLetters: [...letters, { jobId: 'a', reason: 'killed' }] }],
  ['dead letters', { deadLetters: [...letters, { jobId: 'poison', reason: 'failed' }] }],
  ['seen by clients', { offences: ['api-1 lived and did not answer'] }],
  ['ended by itself', { accidents: [{ name: 'worker-1', end: '1' }] }],
  ['ended by itself', { accidents: [{ name: 'api-1', end: 'SIGKILL' }] }],
  ['ended by itself', { accidents: [byPoison, byPoison, byPoison, byPoison] }],
  ['jobs left', { backlog: 1 }],
  ['jobs pending', { pending: 1 }],
  ['key without TTL', { lastingKeys: ['synset:{0}:result:a'] }],
  ['leaked', { usage: { ...usage, handles: { api: 31, worker: 40 } } }],
  ['leaked', { usage: { ...usage, connections: { api: 4, worker: 5 } } }],
  ['did not end in order', { exits: [{ name: 'api-1', end: 1 }] }],
  ['did not end in order', { exits: [{ name: 'api-1', end: 'SIGKILL' }] }],
];

it.each(breaches)('finds: %s (%#)', (rule, changed) => {
  const found = judge({ ...innocent, ...changed });
  expect(found.map((breach) => breach.rule)).toEqual([rule]);
});

it('has a case here for each of its rules', () => {
  expect(new Set(breaches.map(([rule]) => rule))).toEqual(new Set(Object.keys(rules)));
});
