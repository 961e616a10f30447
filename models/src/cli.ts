// The command line: node models/src/cli.ts COMMAND [ARGUMENT]
import { parseArgs } from 'node:util';
import { type Command, commands } from './commands.ts';
import { readSettings } from './settings.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);
const complain = (line: string) => void process.stderr.write(`synset models: ${line}\n`);

function usage(): string {
  const lines = [...commands].map(
    ([name, { argument, help }]) => `  ${`${name} ${argument}`.padEnd(22)}${help}`,
  );
  return `usage: node models/src/cli.ts COMMAND\n${lines.join('\n')}
Without NAME: the model that MODEL names, else the trained one that suits this CPU; for verify: all.
Settings: MODEL_DIR, MODEL, MODEL_URL (a mirror), HTTPS_PROXY, NO_PROXY.`;
}

/** Undefined when it is no command, or has too few or too many arguments. */
function readCommand(): { command: Command; argument: string | undefined } | 'help' | undefined {
  const help = { type: 'boolean', short: 'h' } as const;
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { help } });
    const [name = '', argument, ...rest] = positionals;
    if (values.help) return 'help';
    const command = commands.get(name);
    if (!command || rest.length > 0) return undefined;
    const wanted = command.argument;
    if (argument === undefined ? wanted === 'FILE' : wanted === '') return undefined;
    return { command, argument };
  } catch {
    return undefined;
  }
}

async function main(): Promise<number> {
  const read = readCommand();
  if (read === undefined || read === 'help') {
    if (read) print(usage());
    else process.stderr.write(`${usage()}\n`);
    return read ? 0 : 2;
  }
  try {
    await read.command.run({ settings: readSettings(), print }, read.argument);
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const stopped = error.name === 'AbortError';
    complain(stopped ? 'stopped; the next fetch goes on from here' : error.message);
    return stopped ? 130 : 1;
  }
}

process.exitCode = await main();
