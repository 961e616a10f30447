// Photos to come back for: each file of a form becomes a job of its own, as it is read.
import { createHash, randomUUID } from 'node:crypto';
import { type Problem, problems } from '@synset/shared';
import type { FastifyRequest } from 'fastify';
import { jobIdOf, mismatch } from './idempotency.ts';
import type { FormFile } from './multipart.ts';
import { inspectPhoto } from './photo.ts';
import { toProblem } from './plugins/problems.ts';
import { note } from './plugins/request-log.ts';
import { jobHref } from './problem-body.ts';
import type { AcceptedJob, JobsAnswer, RefusedFile } from './schemas/jobs.ts';
import type { Services } from './services.ts';
import { emptyFile, readUploads, tooLarge } from './upload.ts';

/** Photos in one request. */
const MAX_FILES = 100;
/** Characters of a file's name that come back. */
const MAX_NAME = 255;

export interface Accepted {
  readonly answer: JobsAnswer;
  /** When to send again what the queue had no room for. */
  readonly retryAfterS: number | undefined;
}

export interface JobsOptions {
  readonly topK: number;
  readonly explain: boolean;
  /** See `Idempotency.scopeOf`; null without a key. */
  readonly scope: string | null;
  readonly signal: AbortSignal;
}

/**
 * One entry per file, a job or a problem. Throws the problems of the request as a whole, and that
 * of the queue when it took none of the photos.
 */
export async function acceptJobs(
  request: FastifyRequest,
  options: JobsOptions,
  services: Services,
): Promise<Accepted> {
  const { scope, topK, explain, signal } = options;
  const before = scope === null ? null : await services.idempotency.find(scope);
  const bodyHash = createHash('sha256').update(explain ? `${topK} explain` : `${topK}`);
  const intake = new Intake(request, options, services);
  try {
    await readUploads(request, uploadLimits(services), signal, async (file) => {
      const photoHash = createHash('sha256').update(file.image).digest('hex');
      bodyHash.update(JSON.stringify([file.filename, photoHash, file.isTooLarge]));
      if (!before) await intake.add(file);
    });
  } catch (error) {
    await intake.withdraw();
    throw error;
  } finally {
    await request.server.chargeMore(request, intake.published - 1);
  }
  const hash = bodyHash.digest('hex');
  if (before && before.bodyHash !== hash) throw mismatch();
  if (before) return { answer: before.answer as JobsAnswer, retryAfterS: undefined };
  const accepted = intake.accepted();
  // With a part refused it is not over: sent again under the same key, only that part is added.
  if (scope === null || accepted.retryAfterS !== undefined) return accepted;
  const answer = await services.idempotency.keep(scope, hash, accepted.answer);
  return { answer: answer as JobsAnswer, retryAfterS: undefined };
}

function uploadLimits({ config, inFlight }: Services) {
  return {
    maxBytes: config.MAX_UPLOAD_BYTES,
    maxTotalBytes: Math.floor(config.MAX_IN_FLIGHT_BYTES / 2),
    maxFiles: MAX_FILES,
    inFlight,
    timeoutMs: config.REQUEST_TIMEOUT_MS,
  };
}

/** The files of one request, on their way to be jobs. */
class Intake {
  readonly #request: FastifyRequest;
  readonly #options: JobsOptions;
  readonly #services: Services;
  readonly #entries: (AcceptedJob | RefusedFile)[] = [];
  /** By the queue, which may take these photos later. */
  #refusal: Problem | undefined;

  constructor(request: FastifyRequest, options: JobsOptions, services: Services) {
    this.#request = request;
    this.#options = options;
    this.#services = services;
  }

  /** Rejects only where the request as a whole cannot go on. */
  async add(file: FormFile): Promise<void> {
    const index = this.#entries.length;
    const entry = { index, filename: file.filename.slice(0, MAX_NAME) };
    const { scope } = this.#options;
    const id = scope === null ? randomUUID() : jobIdOf(scope, index);
    try {
      await this.#publish(id, file);
      this.#entries.push({ ...entry, id, status: 'queued', href: jobHref(id) });
    } catch (error) {
      const problem = toProblem(error);
      if (problem.code === 'IDEMPOTENCY_MISMATCH' || problem.code === 'INTERNAL') throw error;
      const { code, message: detail } = problem;
      const { status } = problems[code];
      if (status === 503) this.#refusal ??= problem;
      this.#entries.push({ ...entry, problem: { status, code, detail } });
    }
  }

  get published(): number {
    return this.#jobs().length;
  }

  /** Throws the queue's problem when it is why none was accepted. */
  accepted(): Accepted {
    const success = this.#jobs().length > 0;
    const refusal = this.#refusal;
    if (!success && refusal) throw refusal;
    note(this.#request, { jobIds: this.#jobs().map(({ id }) => id) });
    if (refusal) this.#services.metrics.refused(refusal);
    const answer = { success, jobs: this.#entries };
    return { answer, retryAfterS: refusal?.retryAfterS };
  }

  /** Nobody was promised these jobs, and nobody knows their IDs, unless they follow from a key. */
  async withdraw(): Promise<void> {
    const { config, transport, metrics } = this.#services;
    if (this.#options.scope !== null) return;
    const ttlMs = config.RESULT_TTL_S * 1000;
    const withdrawals = this.#jobs().map(({ id }) => {
      metrics.withdrew();
      return transport.withdraw(id, ttlMs);
    });
    await Promise.all(withdrawals);
  }

  #jobs(): AcceptedJob[] {
    return this.#entries.filter((entry) => 'id' in entry);
  }

  async #publish(id: string, { image, isTooLarge }: FormFile): Promise<void> {
    const { config, transport, photos, metrics } = this.#services;
    metrics.uploaded(image.length);
    if (isTooLarge) throw tooLarge(config.MAX_UPLOAD_BYTES);
    if (image.length === 0) throw emptyFile();
    const photo = inspectPhoto(image, config.MAX_PIXELS);
    await photos.keep(id, image, this.#request.log);
    const { topK, explain } = this.#options;
    const known = await transport.publish({
      id,
      requestId: this.#request.id,
      span: this.#request.span,
      ...photo,
      topK,
      explain,
      uploadMs: 0,
      budgetMs: null, // what was accepted is done, however long it takes
      resultTtlS: config.RESULT_TTL_S,
      awaited: false,
    });
    if (known && known.sha256 !== photo.sha256) throw mismatch();
  }
}
