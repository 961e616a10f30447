// Where machines ask whether the service is alive and ready: without a key, and as often as they like.

/** Asked by those who look after our process. */
export const aliveRoutes: readonly string[] = ['/healthz', '/v2/health/live'];
/** Asked by those who send us requests. */
export const readyRoutes: readonly string[] = ['/readyz', '/v2/health/ready'];

export const healthRoutes: readonly string[] = [...aliveRoutes, ...readyRoutes];
