// Real processes in tests: what they print, and how they end.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Program {
  readonly process: ChildProcess;
  /** All that it has printed, both streams. */
  readonly output: () => string;
  /** Resolves when `text` has been printed; rejects when the process ends without it. */
  printed(text: string): Promise<void>;
  /** Exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>;
}

/**
 * Runs a TypeScript file by Node with nothing in its environment but PATH, HOME and `env`. A service
 * sees by the channel to us that we have gone, even by `kill -9`, and ends.
 */
export function runProgram(script: URL, env: NodeJS.ProcessEnv, args: string[] = []): Program {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [fileURLToPath(script), ...args], {
    env: { PATH, HOME, ORT_DISABLE_TELEMETRY: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk;
    child.emit('output');
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const exit = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const check = () => {
        if (!output.includes(text)) return;
        child.off('output', check);
        resolve();
      };
      child.on('output', check);
      check();
      void exit.then((code) => reject(new Error(`ended (${code}) without "${text}":\n${output}`)));
    });
  return { process: child, output: () => output, printed, exit };
}
