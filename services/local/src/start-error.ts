// Something that keeps the system from starting, in one line for the person at the terminal.
export class StartError extends Error {
  override readonly name = 'StartError';
}
