// `make dead`: the jobs that were given up. List, show, save, replay and discard them.
import { DeadLetters } from '@synset/shared';
import { runCommandLine } from './command-line.ts';
import { commands } from './dead/commands.ts';

process.exitCode = await runCommandLine({
  name: 'dead',
  usage: 'make dead DO="COMMAND", or node services/local/src/dead.ts COMMAND',
  commands,
  fallback: 'list',
  notes: 'The result of a replayed job is kept for an hour, at GET /jobs/JOB.',
  context: (redis, keys, print) => ({ letters: new DeadLetters(redis, keys), print }),
});
