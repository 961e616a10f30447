// The API's process: listens, and ends on a signal.
import { createLogger, describeError, endOnSignal, settingsOrExit } from '@synset/shared';
import { ApiKeys } from './api-keys.ts';
import { buildApi } from './app.ts';
import { readConfig } from './config.ts';

const config = settingsOrExit('synset api', readConfig);
const keys = settingsOrExit('synset api', () => new ApiKeys(config));
const log = createLogger('api', config.LOG_LEVEL);
const api = await buildApi(config, log, keys);

function reloadKeys(): void {
  try {
    keys.reload();
    log.info({ keys: keys.count }, 'API keys read again');
  } catch (error) {
    log.error({ err: describeError(error) }, 'the API keys stay as they were');
  }
}
// Else the signal ends the process, as when its terminal goes.
if (config.API_KEYS_FILE) process.on('SIGHUP', reloadKeys);

endOnSignal({
  log,
  close: () => api.close(),
  left: () => ({ requests: api.app.underWay() }),
  leftText: 'requests were left unanswered',
  delayMs: config.SHUTDOWN_DELAY_MS,
});

try {
  const address = await api.app.listen({ host: config.HOST, port: config.PORT });
  log.info({ address, keys: keys.count }, 'listening');
  process.send?.('ready');
} catch (error) {
  const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  const reason = taken ? `port ${config.PORT} is taken; choose another by PORT` : error;
  process.stderr.write(`synset api: ${reason}\n`);
  process.exit(1);
}
