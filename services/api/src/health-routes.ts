// Where machines ask whether the service is alive and ready: without a key, and as often as they like.

export const healthRoutes: readonly string[] = [
  '/healthz',
  '/readyz',
  '/v2/health/live',
  '/v2/health/ready',
];
