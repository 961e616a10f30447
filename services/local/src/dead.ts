// `make dead`: the jobs that were given up. List, show, save, replay and discard them.
import { parseArgs } from 'node:util';
import { createKeys, DeadLetters, describeError, settingsOrExit } from '@synset/shared';
import { type LocalConfig, readPlan } from './config.ts';
import { type Command, commands } from './dead/commands.ts';
import { connectInTime } from './dead/connect.ts';
import { findRedis } from './redis-url.ts';

const print = (text: string) => void process.stdout.write(`${text}\n`);
const complain = (line: string) => void process.stderr.write(`synset dead: ${line}\n`);

const signature = (name: string, { parameters }: Command): string =>
  [name, ...parameters].join(' ');

function help(): string {
  const lines = [...commands].map(
    ([name, command]) => `  ${signature(name, command).padEnd(18)}${command.help}`,
  );
  return `usage: make dead DO="COMMAND", or node services/local/src/dead.ts COMMAND
${lines.join('\n')}
Without COMMAND: list. The result of a replayed job is kept for an hour, at GET /jobs/JOB.
Settings: REDIS_URL, else PORT and DATA_DIR of a service that runs here; KEY_PREFIX.`;
}

/** What to run; a text where the command line is wrong. */
function readCommand(): { command: Command; given: string[] } | 'help' | { wrong: string } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) return 'help';
    const [name = 'list', ...given] = positionals;
    const command = commands.get(name);
    if (!command) {
      return { wrong: `no command ${name}: there are ${[...commands.keys()].join(', ')}` };
    }
    if (given.length === command.parameters.length) return { command, given };
    return { wrong: `usage: ${signature(name, command)}` };
  } catch (error) {
    return { wrong: describeError(error) };
  }
}

async function run(config: LocalConfig, command: Command, given: string[]): Promise<void> {
  const redis = await connectInTime(await findRedis(config));
  try {
    const letters = new DeadLetters(redis, createKeys(config.KEY_PREFIX));
    await command.run({ letters, print }, ...given);
  } finally {
    redis.destroy();
  }
}

async function main(): Promise<number> {
  const read = readCommand();
  if (read === 'help') {
    print(help());
    return 0;
  }
  if ('wrong' in read) {
    complain(read.wrong);
    return 2;
  }
  const { config } = settingsOrExit('synset dead', readPlan);
  try {
    await run(config, read.command, read.given);
    return 0;
  } catch (error) {
    complain(describeError(error));
    return 1;
  }
}

// Whoever reads no further, as `head`, has seen enough; what was asked for is done all the same.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await main();
