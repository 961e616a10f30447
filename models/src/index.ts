// Models that can be served: catalogue, labels, and the prepared file that a worker loads.
export { type ModelCard, modelCardSchema } from './card.ts';
export type { Check, CheckRequest, CheckResult } from './check.ts';
export { defaultModelName, defaultTestCardName } from './cpu.ts';
export { ModelError } from './error.ts';
export { type Explainer, readExplainer } from './explainer.ts';
export { FEATURE_MAP, PIXELS, PROBABILITIES } from './interface.ts';
export { type Category, labels } from './labels.ts';
export { isPresent, type LoadOptions, loadModel, type PreparedModel } from './load.ts';
