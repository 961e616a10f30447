// Sends one planned request until it is accepted, and asks for what was promised until it is there.
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { FORM_TYPE, form } from '../form.ts';
import { ask, type HttpRequest } from './http.ts';
import type { Ended, Mishaps, Outcome } from './outcome.ts';
import { bytesOf, type PlannedPhoto, type PlannedRequest } from './plan.ts';
import type { Api } from './system.ts';

/** Longest time until a photo is accepted, and from then until it is done. */
const DEADLINE_MS = 60_000;
const POLL_MS = 500;
const RETRY_MS = 300;

/** The fields of all answers that count here. */
interface Body {
  readonly id?: string;
  readonly code?: string;
  readonly status?: string | number;
  readonly prediction?: string;
  readonly image?: { sha256: string };
  readonly result?: { prediction: string; image: { sha256: string } };
  readonly problem?: { code: string };
  readonly jobs?: readonly { id?: string; problem?: { status: number; code: string } }[];
}

interface Reply {
  readonly status: number;
  readonly body: Body;
}

export class Client {
  readonly mishaps: Mishaps = { refused: 0, unreachable: 0, cut: 0 };
  /** What must not happen to a request, in words. */
  readonly offences: string[] = [];
  readonly #apis: readonly Api[];
  #turn = 0;

  constructor(apis: readonly Api[]) {
    this.#apis = apis;
  }

  /** Resolves when each photo has its answer, or has not got one in time. */
  async send(request: PlannedRequest): Promise<Outcome[]> {
    if (request.way === 'predict')
      return await Promise.all(request.photos.map((photo) => this.#predict(photo, request)));
    return await this.#sendJobs(request);
  }

  /** Adds what is known of its job now that it must have ended. */
  async lookUp(outcome: Outcome): Promise<void> {
    if (outcome.jobId) outcome.answers.push(await this.#poll(outcome.jobId));
  }

  async #predict(photo: PlannedPhoto, { timeoutMs }: PlannedRequest): Promise<Outcome> {
    const image = bytesOf(photo);
    const outcome = newOutcome(photo, image, 'predict');
    const headers = {
      'content-type': 'image/jpeg',
      ...(timeoutMs && { 'x-request-timeout': `${timeoutMs}ms` }),
    };
    const reply = await this.#insist('/predict', { headers, body: image });
    if (!reply) return outcome;
    const { status, body } = reply;
    outcome.jobId = body.id ?? null;
    outcome.late = status === 504;
    // Without an ID nothing was promised.
    if (outcome.late && body.id) outcome.answers.push(await this.#poll(body.id));
    else outcome.answers.push(endOf(status === 200 ? 'done' : 'failed', body, body));
    return outcome;
  }

  async #sendJobs({ photos, repeated }: PlannedRequest): Promise<Outcome[]> {
    const images = photos.map(bytesOf);
    const outcomes = photos.map((photo, i) => newOutcome(photo, images[i] as Buffer, 'jobs'));
    const headers = { 'content-type': FORM_TYPE, 'idempotency-key': randomUUID() };
    const request = { headers, body: form(...images) };
    const reply = await this.#insist('/jobs', request);
    if (!reply || !this.#isAcceptable(reply)) return outcomes;
    const ids = reply.body.jobs?.map(({ id }) => id) ?? [];
    if (repeated) await this.#repeat(request, ids);
    await Promise.all(
      outcomes.map(async (outcome, i) => {
        outcome.jobId = ids[i] ?? null;
        if (outcome.jobId) outcome.answers.push(await this.#poll(outcome.jobId));
      }),
    );
    const refused = photos.filter((_, i) => !ids[i]);
    if (refused.length === 0) return outcomes;
    // The key belongs to the answer that was given: the others need one of their own.
    const again = await this.#sendJobs({ way: 'jobs', photos: refused, timeoutMs: null, repeated });
    return [...outcomes.filter(({ jobId }) => jobId), ...again];
  }

  /** True for a 202 in which nothing was refused but for want of room or of Redis. */
  #isAcceptable({ status, body }: Reply): boolean {
    const problems = body.jobs?.flatMap(({ problem }) => problem ?? []) ?? [];
    const others = problems.filter((problem) => problem.status !== 503);
    if (status === 202 && others.length === 0) return true;
    const codes = [body, ...others].flatMap(({ code }) => code ?? []);
    this.offences.push(`/jobs answered ${status} ${codes}`);
    return false;
  }

  async #repeat(request: HttpRequest, ids: readonly (string | undefined)[]): Promise<void> {
    const again = await this.#insist('/jobs', request);
    const others = again?.body.jobs?.map(({ id }) => id);
    if (JSON.stringify(others) !== JSON.stringify(ids)) {
      this.offences.push(`a repeated request made jobs ${others} beside ${ids}`);
    }
  }

  /** The first answer that is no refusal. Null when there is none in time. */
  async #insist(path: string, request: HttpRequest): Promise<Reply | null> {
    const deadline = performance.now() + DEADLINE_MS;
    while (performance.now() < deadline) {
      const reply = await this.#try(path, request);
      if (reply && reply.status !== 503) return reply;
      await pause(RETRY_MS);
    }
    return null;
  }

  async #poll(jobId: string): Promise<Ended> {
    const deadline = performance.now() + DEADLINE_MS;
    while (performance.now() < deadline) {
      const reply = await this.#try(`/jobs/${jobId}`);
      if (reply?.status === 404) return { status: 'lost', detail: 'unknown' };
      const { status, result, problem } = reply?.body ?? {};
      if (status === 'done' || status === 'failed') return endOf(status, result, problem);
      await pause(POLL_MS);
    }
    return { status: 'lost', detail: `not done within ${DEADLINE_MS} ms` };
  }

  /** Null when there was no answer. The instances take turns. */
  async #try(path: string, request?: HttpRequest): Promise<Reply | null> {
    const api = this.#apis[this.#turn++ % this.#apis.length] as Api;
    const { process } = api;
    const { lives } = process;
    api.underWay++;
    try {
      const { status, body } = await ask(`${api.url}${path}`, request);
      if (status === 503) this.mishaps.refused++;
      return { status, body: body as Body };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') this.mishaps.unreachable++;
      else if (process.ending || process.lives !== lives) this.mishaps.cut++;
      else this.offences.push(`${process.name} lived and did not answer ${path}: ${error}`);
      return null;
    } finally {
      api.underWay--;
    }
  }
}

const newOutcome = (photo: PlannedPhoto, image: Buffer, way: Outcome['way']): Outcome => ({
  photo,
  way,
  sha256: createHash('sha256').update(image).digest('hex'),
  jobId: null,
  late: false,
  answers: [],
});

function endOf(
  status: 'done' | 'failed',
  result: Body['result'] | Body,
  problem: { code?: string } | undefined,
): Ended {
  if (status === 'failed') return { status, code: problem?.code ?? 'none' };
  return { status, prediction: result?.prediction ?? '', sha256: result?.image?.sha256 ?? '' };
}
