// CPU time of processes, by the system's own accounting.
import { readFile } from 'node:fs/promises';

/** Linux counts in hundredths of a second, whatever the machine. */
const TICK_MS = 10;
/** Of what follows the name: user and system time, and both again of children that have ended. */
const FIELDS = { from: 11, to: 15 };

/** Milliseconds of all threads since the process was started. */
export async function cpuMsOf(pid: number): Promise<number> {
  return cpuMs(await readFile(`/proc/${pid}/stat`, 'utf8'));
}

/** From the text of /proc/PID/stat; the name in it may hold spaces and brackets. */
export function cpuMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(FIELDS.from, FIELDS.to).map(Number);
  return ticks.reduce((sum, some) => sum + some, 0) * TICK_MS;
}
