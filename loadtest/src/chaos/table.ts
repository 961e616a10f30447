// A run as a table.
import { table } from '../report.ts';
import { median } from '../statistics.ts';
import { kindNames } from './faults.ts';
import type { Findings } from './run.ts';

export function tableOf(findings: Findings): string {
  const { evidence, mishaps, faults, recoveriesMs, ms } = findings;
  const { outcomes } = evidence;
  const isLate = outcomes.filter(({ late }) => late).length;
  const count = (way: string) => outcomes.filter((outcome) => outcome.way === way).length;
  const kinds = kindNames.map((kind) => [
    kind,
    faults.filter((fault) => fault.kind === kind).length,
  ]);
  const seconds = (value: number) =>
    Number.isFinite(value) ? `${(value / 1000).toFixed(1)} s` : 'none';
  const rows: [string, string | number][] = [
    ['jobs', outcomes.length],
    ['  by /predict', count('predict')],
    ['    of them too late (504)', isLate],
    ['  by /jobs', count('jobs')],
    ['requests refused (503), sent again', mishaps.refused],
    ['requests to an instance that was down', mishaps.unreachable],
    ['requests cut by the end of their instance', mishaps.cut],
    ['faults', faults.length],
    ...kinds.map(([kind, number]) => [`  ${kind}`, number] as [string, number]),
    ['redeliveries', findings.redeliveries],
    ['duplicates suppressed', findings.suppressed],
    ['dead letters', evidence.deadLetters.length],
    ['recoveries of killed workers with jobs', recoveriesMs.length],
    ['  median', seconds(median(recoveriesMs))],
    ['  slowest', seconds(Math.max(...recoveriesMs))],
    ['duration', seconds(ms)],
    ['breaches', findings.breaches.length],
  ];
  return table(
    ['', 'number'],
    rows.map(([what, value]) => [what, `${value}`]),
  );
}
