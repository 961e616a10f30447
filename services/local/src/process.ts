// A child process that says when it is ready, and is ended in order.
import { type ChildProcess, fork } from 'node:child_process';
import { MALLOC_SETTINGS, NODE_FLAGS } from '@synset/shared';
import { StartError } from './start-error.ts';

/**
 * Starts a service of this repository. It gets a session of its own, so that Ctrl-C reaches it
 * only through us, in our order; it ends by itself when the channel to us breaks.
 */
export function startService(script: URL, env: NodeJS.ProcessEnv): ChildProcess {
  const child = fork(script, {
    env: { ...MALLOC_SETTINGS, ...env },
    execArgv: NODE_FLAGS,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  services.add(child);
  child.once('exit', () => services.delete(child));
  return child;
}

const services = new Set<ChildProcess>();

/** For the person who presses Ctrl-C a second time. */
export function killServices(): void {
  for (const child of services) child.kill('SIGKILL');
}

/** Resolves when the process has ended. */
export function exitOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    // A program that could not be started never exits.
    child.once('error', () => resolve());
  });
}

/** Waits for the message `ready`. The process has said why on the terminal when it ended instead. */
export async function untilReady(child: ChildProcess, name: string): Promise<void> {
  const ready = new Promise((resolve) => child.once('message', resolve));
  const ended = exitOf(child).then(() => {
    throw new StartError(`${name} did not start`);
  });
  await Promise.race([ready, ended]);
}

/** Asks it to end, waits, and kills it after the deadline. */
export async function stopProcess(child: ChildProcess, deadlineMs: number): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  await exitOf(child);
  clearTimeout(timer);
}
