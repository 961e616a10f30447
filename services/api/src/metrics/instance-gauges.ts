// What this instance holds at the moment at which Prometheus asks.
import { Gauge, type Registry } from 'prom-client';
import type { Services } from '../services.ts';

export interface InstanceSources extends Pick<Services, 'classifier' | 'config' | 'inFlight'> {
  /** Requests that are not answered yet. */
  readonly underWay: () => number;
}

export function registerInstanceGauges(
  registry: Registry,
  { classifier, config, inFlight, underWay }: InstanceSources,
): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('synset_http_requests_in_progress', 'Requests that are not answered yet.', underWay);
  gauge('synset_awaited_jobs', 'Jobs whose reply is waited for here.', () => classifier.waiting);
  gauge(
    'synset_waiting_uploads',
    'Uploads that wait, unread, for bytes in flight.',
    () => inFlight.waiting,
  );
  gauge(
    'synset_in_flight_bytes',
    'Bytes of photos that are held here, or reserved for uploads.',
    () => inFlight.used,
  );
  gauge(
    'synset_in_flight_limit_bytes',
    'Most bytes of photos held here at a time (MAX_IN_FLIGHT_BYTES).',
    () => config.MAX_IN_FLIGHT_BYTES,
  );
}
