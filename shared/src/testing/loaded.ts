// For `node --import`: writes which parts of OpenTelemetry the process asks for.
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('@opentelemetry/')) process.stderr.write(`asks for ${specifier}\n`);
    return next(specifier, context);
  },
});
