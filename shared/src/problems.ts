// The service's errors: one stable code each, and the HTTP status and title that go with it.

/** Status and title of each code. The only place where an error has an HTTP status. */
export const problems = {
  NOT_MULTIPART: { status: 400, title: 'Neither a form nor a photo' },
  FILE_MISSING: { status: 400, title: 'No photo in the request' },
  FILE_EMPTY: { status: 400, title: 'The photo is empty' },
  TOO_MANY_FILES: { status: 400, title: 'Too many files' },
  UPLOAD_TRUNCATED: { status: 400, title: 'The upload broke off' },
  INVALID_OPTION: { status: 400, title: 'Unknown or invalid option' },
  INVALID_BODY: { status: 400, title: 'The request body cannot be read' },
  UNAUTHORIZED: { status: 401, title: 'An API key is needed' },
  NOT_FOUND: { status: 404, title: 'Not found' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'Method not allowed' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request took too long to arrive' },
  FILE_TOO_LARGE: { status: 413, title: 'The photo has too many bytes' },
  TOO_MANY_PIXELS: { status: 413, title: 'The photo has too many pixels' },
  UNSUPPORTED_FORMAT: { status: 415, title: 'Not a supported photo format' },
  IMAGE_UNREADABLE: { status: 422, title: 'The photo cannot be read' },
  IDEMPOTENCY_MISMATCH: { status: 422, title: 'The Idempotency-Key belongs to another request' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The request headers are too large' },
  INTERNAL: { status: 500, title: 'Internal error' },
  JOB_FAILED: { status: 500, title: 'The photo could not be classified' },
  QUEUE_FULL: { status: 503, title: 'The queue is full' },
  QUEUE_UNAVAILABLE: { status: 503, title: 'The queue cannot be reached' },
  SHUTTING_DOWN: { status: 503, title: 'The service is shutting down' },
  DEADLINE_EXCEEDED: { status: 504, title: 'No answer in time' },
} as const;

export type ProblemCode = keyof typeof problems;

export const problemCodes = Object.keys(problems) as [ProblemCode, ...ProblemCode[]];

/** An error that the client may see: `detail` says what was wrong and which limit applied. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  /** Seconds after which it is worth trying again; goes out as Retry-After. */
  readonly retryAfterS: number | undefined;
  /** Which limit a refusal is due to, where the code does not say it; for metrics. */
  readonly reason: string | undefined;
  /** The job that goes on all the same, whose result can be asked for later. */
  readonly jobId: string | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    options: { retryAfterS?: number; reason?: string; jobId?: string; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.retryAfterS = options.retryAfterS;
    this.reason = options.reason;
    this.jobId = options.jobId;
  }
}
