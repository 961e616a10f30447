// What the commands of this package have in common: whatever they started ends with them.
export const say = (line: string) => void process.stdout.write(`${line}\n`);

/**
 * Runs a command to its end, or to Ctrl-C. Both, and an error too, dispose of `closing`; an error
 * becomes a line and exit code 1.
 */
export async function runCommand(
  name: string,
  run: (closing: AsyncDisposableStack) => Promise<void>,
): Promise<void> {
  const closing = new AsyncDisposableStack();
  let stopping = false;
  const onSignal = async () => {
    if (stopping) return;
    stopping = true;
    say('stopping');
    await closing.disposeAsync();
    process.exit(130);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // onnxruntime-node reports usage on Linux too unless the environment of the process says no.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  try {
    await run(closing);
  } catch (error) {
    // What Ctrl-C cut short is no error.
    if (!stopping) {
      process.stderr.write(`synset ${name}: ${error instanceof Error ? error.message : error}\n`);
      process.exitCode = 1;
    }
  }
  if (!stopping) await closing.disposeAsync();
}

/** The parts that the words name; without words all of them. */
export function chooseParts<Part extends string>(
  all: readonly Part[],
  words: readonly string[],
): Part[] {
  const some = all.filter((part) => words.includes(part));
  if (some.length < words.length) throw new Error(`ONLY: must be one of ${all.join(', ')}`);
  return some.length > 0 ? some : [...all];
}
