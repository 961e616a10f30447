// What can go wrong at one address: in words, and whether to try there again.

interface Options {
  /** Whether another attempt at the same address may help. */
  again: boolean;
  /** Whether what is there of the file is of no use to this address. */
  anew?: boolean;
  /** What the server asked for by Retry-After. */
  waitMs?: number | undefined;
  cause?: unknown;
}

export class Trouble extends Error {
  override name = 'Trouble';
  readonly again: boolean;
  readonly anew: boolean;
  readonly waitMs: number | undefined;

  constructor(message: string, { again, anew = false, waitMs, cause }: Options) {
    super(message, { cause });
    this.again = again;
    this.anew = anew;
    this.waitMs = waitMs;
  }
}

/** A name that does not exist, and certificates that are not trusted, stay so for a while. */
const LASTING = /ENOTFOUND|CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|LEAF_SIGNATURE/;

/** What fetch itself does not do has no code, and will not be done the next time either. */
const REFUSED_BY_FETCH = /^redirect count exceeded$|^bad port$|scheme/;

/** Puts what `fetch` and its streams reject with into words. */
export function asTrouble(error: unknown): Trouble {
  if (error instanceof Trouble) return error;
  const causes = chain(error);
  const reason = causes.at(-1);
  const code = String((reason as NodeJS.ErrnoException | undefined)?.code ?? '');
  const message = reason?.message.replaceAll(/\s+/g, ' ') || code || String(error);
  const again = !LASTING.test(code) && !REFUSED_BY_FETCH.test(message);
  return new Trouble(message, { again, cause: error });
}

/** `fetch failed` says nothing: what happened is its cause, or the first of a list of causes. */
function chain(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const cause = error instanceof AggregateError ? (error.cause ?? error.errors[0]) : error.cause;
  return [error, ...chain(cause)];
}
