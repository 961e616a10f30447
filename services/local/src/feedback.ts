// `make feedback`: a data set of what users said of predictions, and room for more of it.
import { FeedbackStore } from '@synset/shared';
import { runCommandLine } from './command-line.ts';
import { commands } from './feedback/commands.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stop.abort(new Error('stopped; the same again goes on')));
}

process.exitCode = await runCommandLine({
  name: 'feedback',
  usage: `make feedback OUT=FOLDER DO=COMMAND, or node services/local/src/feedback.ts COMMAND FOLDER`,
  commands,
  fallback: 'export',
  notes: 'Photos are those whose users agreed to keep them.',
  context: (redis, keys, print) => ({
    store: new FeedbackStore(redis, keys),
    print,
    signal: stop.signal,
  }),
});
