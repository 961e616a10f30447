// Help for the tests of all packages. Nothing here is used by the services themselves.
export * from './chromium.ts';
export * from './collector.ts';
export * from './descendants.ts';
export * from './jobs.ts';
export * from './log.ts';
export * from './metrics.ts';
export * from './photos.ts';
export * from './pictures.ts';
export { POISON } from './poison-sharp.ts';
export * from './process.ts';
export * from './redis.ts';
