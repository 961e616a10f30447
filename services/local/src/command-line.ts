// A program of several commands for what lies in Redis, as `make dead` and `make feedback` are.
import { parseArgs } from 'node:util';
import { createKeys, describeError, type Keys, type Redis, settingsOrExit } from '@synset/shared';
import { type LocalConfig, readPlan } from './config.ts';
import { connectInTime } from './connect.ts';
import { findRedis } from './redis-url.ts';

type Print = (text: string) => void;

export interface Command<Context> {
  /** As the usage shows them; all must be given. */
  parameters: readonly string[];
  help: string;
  run(context: Context, ...given: string[]): Promise<void>;
}

export interface CommandLine<Context> {
  /** What comes behind `make`. */
  name: string;
  /** How a person types it, by make and without. */
  usage: string;
  commands: ReadonlyMap<string, Command<Context>>;
  /** The command where none is given. */
  fallback: string;
  /** What else there is to know. */
  notes: string;
  /** What the commands work with. */
  context(redis: Redis, keys: Keys, print: Print): Context;
}

const print: Print = (text) => void process.stdout.write(`${text}\n`);

const signature = <Context>(name: string, { parameters }: Command<Context>): string =>
  [name, ...parameters].join(' ');

function help<Context>({ usage, commands, fallback, notes }: CommandLine<Context>): string {
  const lines = [...commands].map(
    ([name, command]) => `  ${signature(name, command).padEnd(18)}${command.help}`,
  );
  return `usage: ${usage}
${lines.join('\n')}
Without COMMAND: ${fallback}. ${notes}
Settings: REDIS_URL, else PORT and DATA_DIR of a service that runs here; KEY_PREFIX.`;
}

type Read<Context> = { command: Command<Context>; given: string[] } | 'help' | { wrong: string };

/** What to run; a text where the command line is wrong. */
function readCommand<Context>({
  name: program,
  commands,
  fallback,
}: CommandLine<Context>): Read<Context> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return 'help';
    const [name = fallback, ...given] = positionals;
    const command = commands.get(name);
    if (!command) {
      return { wrong: `no command ${name}: there are ${[...commands.keys()].join(', ')}` };
    }
    if (given.length === command.parameters.length) return { command, given };
    return { wrong: `usage: ${signature(name, command)}; more: make ${program} DO=--help` };
  } catch (error) {
    return { wrong: describeError(error) };
  }
}

/** Gives the exit code: 2 where something was typed wrong, 1 where it could not be done. */
export async function runCommandLine<Context>(line: CommandLine<Context>): Promise<number> {
  const complain = (text: string) => void process.stderr.write(`synset ${line.name}: ${text}\n`);
  const read = readCommand(line);
  if (read === 'help') {
    print(help(line));
    return 0;
  }
  if ('wrong' in read) {
    complain(read.wrong);
    return 2;
  }
  const { config } = settingsOrExit(`synset ${line.name}`, readPlan);
  try {
    await withRedis(config, line, (context) => read.command.run(context, ...read.given));
    return 0;
  } catch (error) {
    complain(describeError(error));
    return 1;
  }
}

async function withRedis<Context>(
  config: LocalConfig,
  { name, context }: CommandLine<Context>,
  work: (context: Context) => Promise<void>,
): Promise<void> {
  const redis = await connectInTime(await findRedis(config), name);
  try {
    await work(context(redis, createKeys(config.KEY_PREFIX), print));
  } finally {
    redis.destroy();
  }
}

// Whoever reads no further, as `head`, has seen enough; what was asked for is done all the same.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
