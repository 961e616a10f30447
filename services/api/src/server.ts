// The API's process: listens, and ends on a signal.
import { createLogger, settingsOrExit } from '@synset/shared';
import { buildApi } from './app.ts';
import { readConfig } from './config.ts';

/** Longest time to answer what is under way. */
const CLOSE_DEADLINE_MS = 20_000;

const config = settingsOrExit('synset api', readConfig);
const log = createLogger('api', config.LOG_LEVEL);
const api = await buildApi(config, log);

async function stop(): Promise<void> {
  setTimeout(() => {
    const requests = api.app.underWay();
    log.error({ requests, deadlineMs: CLOSE_DEADLINE_MS }, 'requests were left unanswered');
    process.exit(1);
  }, CLOSE_DEADLINE_MS).unref();
  await api.close();
  log.info('stopped');
  process.exit(0);
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// The parent that started this process has gone.
process.once('disconnect', stop);

try {
  const address = await api.app.listen({ host: config.HOST, port: config.PORT });
  log.info({ address }, 'listening');
  process.send?.('ready');
} catch (error) {
  const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  const reason = taken ? `port ${config.PORT} is taken; choose another by PORT` : error;
  process.stderr.write(`synset api: ${reason}\n`);
  process.exit(1);
}
