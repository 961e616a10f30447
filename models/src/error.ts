// The one error that this package throws on purpose.

/** What is wrong with a model and what to do about it, in one line that an operator can act on. */
export class ModelError extends Error {
  override name = 'ModelError';
}
