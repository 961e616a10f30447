// For `node --import`: puts the sharp that poison kills in the place of sharp, in that process.
import { registerHooks } from 'node:module';

const WRAPPED = new URL('./poison-sharp.ts', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== 'sharp' || context.parentURL === WRAPPED) return next(specifier, context);
    return { url: WRAPPED, shortCircuit: true };
  },
});
