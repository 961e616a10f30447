// The API's process: listens, and ends on a signal.
import { createLogger, endOnSignal, settingsOrExit } from '@synset/shared';
import { buildApi } from './app.ts';
import { readConfig } from './config.ts';

const config = settingsOrExit('synset api', readConfig);
const log = createLogger('api', config.LOG_LEVEL);
const api = await buildApi(config, log);

endOnSignal({
  log,
  close: () => api.close(),
  left: () => ({ requests: api.app.underWay() }),
  leftText: 'requests were left unanswered',
  delayMs: config.SHUTDOWN_DELAY_MS,
});

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
