// Whether the promises were kept, told from what was seen: no clock, no process, no Redis.
import type { PhotoName } from '@synset/shared/testing';
import type { Ended, Outcome } from './outcome.ts';
import { roles, type Usage } from './usage.ts';

export interface Evidence {
  readonly outcomes: readonly Outcome[];
  /** The category of each photo, asked in the calm. */
  readonly right: ReadonlyMap<PhotoName, string>;
  /** Replies to API instances, by job. */
  readonly replies: ReadonlyMap<string, number>;
  readonly deadLetters: readonly { jobId: string; reason: string }[];
  /** What clients saw and should not have seen. */
  readonly offences: readonly string[];
  /** Processes that ended by themselves: exit code or signal. */
  readonly accidents: readonly { name: string; end: string }[];
  /** Jobs in the stream, and in the group's pending list. */
  readonly backlog: number;
  readonly pending: number;
  /** Keys that would stay for ever, but for those that may. */
  readonly lastingKeys: readonly string[];
  readonly idle: Usage;
  readonly usage: Usage;
  /** How the services ended that lived to the end and were asked to. */
  readonly exits: readonly { name: string; end: number | string }[];
}

type Rule = (evidence: Evidence) => string[];

/** Workers that one poisoned photo may kill: MAX_DELIVERIES. */
const LIVES_PER_POISON = 3;

const nameOf = ({ photo, way, jobId }: Outcome) =>
  `${way} ${jobId}, ${photo.name} (${photo.comment})`;

const perAnswer =
  (find: (answer: Ended, outcome: Outcome, evidence: Evidence) => string | false): Rule =>
  (evidence) =>
    evidence.outcomes.flatMap((outcome) =>
      outcome.answers.flatMap((answer) => {
        const found = find(answer, outcome, evidence);
        return found ? [`${nameOf(outcome)}: ${found}`] : [];
      }),
    );

export const rules: Record<string, Rule> = {
  'never accepted': ({ outcomes }) =>
    outcomes.filter(({ answers }) => answers.length === 0).map(nameOf),

  lost: perAnswer((answer) => answer.status === 'lost' && answer.detail),

  'answered twice': ({ replies }) =>
    [...replies].filter(([, count]) => count > 1).map(([id, count]) => `${id}: ${count} replies`),

  'wrong category': perAnswer((answer, { photo }, { right }) => {
    if (answer.status !== 'done' || answer.prediction === right.get(photo.name)) return false;
    return `${answer.prediction} instead of ${right.get(photo.name)}`;
  }),

  "another photo's answer": perAnswer(
    (answer, { sha256 }) => answer.status === 'done' && answer.sha256 !== sha256 && answer.sha256,
  ),

  // One that had no time left may be told so, at once or where it was promised a result.
  failed: perAnswer((answer, { photo, late }) => {
    if (answer.status !== 'failed' || photo.poison) return false;
    return !(late && answer.code === 'DEADLINE_EXCEEDED') && answer.code;
  }),

  'poison survived': perAnswer(
    (answer, { photo }) =>
      photo.poison &&
      !(answer.status === 'failed' && answer.code === 'JOB_FAILED') &&
      answer.status,
  ),

  'dead letters': ({ outcomes, deadLetters }) => {
    const poison = outcomes
      .filter(({ photo }) => photo.poison)
      .map(({ jobId }) => `${jobId} killed`);
    const letters = deadLetters.map(({ jobId, reason }) => `${jobId} ${reason}`);
    const without = poison.filter((job) => letters.filter((letter) => letter === job).length !== 1);
    const others = letters.filter((letter) => !poison.includes(letter));
    return [...without.map((job) => `not one of ${job}`), ...others];
  },

  'seen by clients': ({ offences }) => [...offences],

  'ended by itself': ({ outcomes, accidents }) => {
    const isPoisons = ({ name, end }: { name: string; end: string }) =>
      name.startsWith('worker') && end === 'SIGKILL';
    const most = LIVES_PER_POISON * outcomes.filter(({ photo }) => photo.poison).length;
    const killed = accidents.filter(isPoisons);
    const others = accidents.filter((accident) => !isPoisons(accident));
    return [
      ...others.map(({ name, end }) => `${name}: ${end}`),
      ...killed.slice(most).map(({ name }) => `${name}: killed beyond what poison may`),
    ];
  },

  'jobs left': ({ backlog }) => (backlog > 0 ? [`${backlog} in the stream`] : []),

  'jobs pending': ({ pending }) => (pending > 0 ? [`${pending} not acknowledged`] : []),

  'key without TTL': ({ lastingKeys }) => [...lastingKeys],

  leaked: ({ idle, usage }) =>
    roles.flatMap((role) =>
      (['handles', 'connections'] as const)
        .filter((what) => usage[what][role] > idle[what][role])
        .map((what) => `${role}: ${usage[what][role]} ${what}, ${idle[what][role]} at the start`),
    ),

  'did not end in order': ({ exits }) =>
    exits.filter(({ end }) => end !== 0).map(({ name, end }) => `${name}: ${end}`),
};

export interface Breach {
  readonly rule: string;
  readonly detail: string;
}

export const judge = (evidence: Evidence): Breach[] =>
  Object.entries(rules).flatMap(([rule, find]) =>
    find(evidence).map((detail) => ({ rule, detail })),
  );
