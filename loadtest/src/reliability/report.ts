// The results as tables for the terminal and the README.
import type { Verdict } from '../limits.ts';
import type { Machine } from '../machine.ts';
import { machineLine, table, verdictRow } from '../report.ts';
import type { Growth } from './growth.ts';
import type { Overload } from './overload.ts';
import type { Recovery } from './recovery.ts';
import type { Spread } from './sent.ts';
import type { CutOff, Slow } from './slow.ts';
import type { Soak } from './soak.ts';

export interface Results {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly recovery?: Recovery;
  readonly overload?: Overload;
  readonly soak?: Soak;
  readonly slow?: Slow;
  readonly verdicts: readonly Verdict[];
}

const spreadText = ({ p50, p99, max }: Spread) =>
  `${[p50, p99, max].map((ms) => ms.toFixed(0)).join(' / ')} ms (p50 / p99 / max)`;

const statusText = (byStatus: Record<string, number>) =>
  Object.entries(byStatus)
    .map(([status, count]) => `${count} x ${status === '0' ? 'no answer' : status}`)
    .join(', ');

const recoveryLine = ({ perSecond, kills }: Recovery) =>
  `recovery: ${kills.length} kills at ${perSecond.toFixed(1)} requests a second`;

const overloadLine = (figures: Overload) =>
  `overload: ${figures.sentPerSecond.toFixed(1)} sent a second (late by ${figures.lateMs.toFixed(1)} ms, p99), ` +
  `${figures.perSecond.toFixed(1)} served a second, ${figures.capacity.toFixed(1)} without overload; ` +
  `served in ${spreadText(figures.latencyMs)}, refused in ${spreadText(figures.refusedMs)}; ${statusText(figures.byStatus)}`;

const soakLine = ({ perSecond, latencyMs, byStatus }: Soak) =>
  `soak: ${perSecond.toFixed(1)} requests a second, answered in ${spreadText(latencyMs)}; ${statusText(byStatus)}`;

const cutOffText = ({ kind, clients, cut, byStatus, slowestMs }: CutOff) =>
  `${kind}: ${cut} of ${clients} cut off within ${(slowestMs / 1000).toFixed(0)} s (${statusText(byStatus)})`;

const slowLine = ({ clients, perSecond, quietMs, slowMs, cutOffs, held }: Slow) =>
  `slow clients: ${clients}; ${perSecond.toFixed(1)} requests a second of others, answered in ` +
  `${spreadText(slowMs)}, without slow clients in ${spreadText(quietMs)}; ` +
  [...cutOffs.map(cutOffText), ...held].join('; ');

const growthRows = (when: string, memory: readonly Growth[] = []) =>
  memory.map(({ process, startMb, fromMb, toMb, peakMb }) => [
    `${when}, ${process}`,
    ...[startMb, fromMb, toMb, peakMb].map((mb) => mb.toFixed(0)),
  ]);

export function report(results: Results): string {
  const { machine, command, recovery, overload, soak, slow, verdicts } = results;
  const memory = [...growthRows('overload', overload?.memory), ...growthRows('soak', soak?.memory)];
  return [
    `${machineLine(machine)}; ${command}`,
    ...(recovery ? [recoveryLine(recovery)] : []),
    ...(overload ? [overloadLine(overload)] : []),
    ...(soak ? [soakLine(soak)] : []),
    ...(slow ? [slowLine(slow)] : []),
    ...(memory.length > 0
      ? [table(['resident memory', 'start MB', 'settled MB', 'end MB', 'peak MB'], memory)]
      : []),
    table(['wanted', 'measured', 'limit', ''], verdicts.map(verdictRow)),
  ].join('\n\n');
}
