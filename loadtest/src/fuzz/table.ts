// A run as a table.
import { table } from '../report.ts';
import type { Findings } from './run.ts';
import { judgeRun } from './run-rules.ts';

export function tableOf({ sending, evidence, ms }: Findings): string {
  const { byStatus, jobIds, findings } = sending;
  const statuses = Object.entries(byStatus).map(([status, count]): [string, string] => [
    status === '0' ? '  no answer' : `  ${status}`,
    `${count}`,
  ]);
  const total = Object.values(byStatus).reduce((sum, count) => sum + count, 0);
  const memory = evidence.memory.map(({ process, fromMb, toMb }): [string, string] => [
    `memory of ${process}, warm and at the end`,
    `${fromMb.toFixed(0)}, ${toMb.toFixed(0)} MB`,
  ]);
  const open = evidence.open.map(({ what, before, after }): [string, string] => [
    `${what}, before and after`,
    `${before}, ${after}`,
  ]);
  return table(
    ['', 'number'],
    [
      ['answers, and requests without', `${total}`],
      ...statuses,
      ['jobs accepted by 202', `${jobIds.size}`],
      ...memory,
      ...open,
      ['dead letters', `${evidence.deadLetters.length}`],
      ['duration', `${(ms / 1000).toFixed(0)} s`],
      ['breaches', `${findings.length + judgeRun(evidence).length}`],
    ],
  );
}
