// Reads what a user says of a prediction, from JSON or from a form, and checks its form.
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Form } from './multipart.ts';
import { invalid } from './request.ts';
import { type FeedbackBody, feedbackBody, MAX_COMMENT } from './schemas/feedback.ts';
import type { Services } from './services.ts';
import { readFormUpload, readWhole } from './upload.ts';

/** Of JSON: a comment has at most 6 kB, each of its characters escaped. */
const MAX_JSON_BYTES = 16_384;
/** Of what a client has named, in a problem. */
const MAX_ISSUE = 200;

export interface Opinion extends Omit<FeedbackBody, 'comment'> {
  readonly comment: string | null;
  /** As it came with the form. */
  readonly photo: Buffer | null;
  /** Gives the reserved bytes back; the photo is still there. */
  readonly release: () => void;
}

/** Throws the problems of a body that is no feedback. */
export async function readOpinion(
  request: FastifyRequest,
  { config, inFlight }: Services,
  signal: AbortSignal,
): Promise<Opinion> {
  const limits = { inFlight, timeoutMs: config.REQUEST_TIMEOUT_MS };
  if (request.isMultipart()) {
    const maxBytes = config.MAX_UPLOAD_BYTES;
    const { form, image, release } = await readFormUpload(request, { ...limits, maxBytes }, signal);
    return checked(() => valuesOf(form), form.hasPhoto ? image : null, release);
  }
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw invalid('Send the feedback as application/json or as a multipart/form-data form.');
  }
  const own = { maxBytes: MAX_JSON_BYTES, copies: 1, refusal: tooLong };
  const { image: body, release } = await readWhole(request, { ...limits, ...own }, signal);
  return checked(() => parseJson(body), null, release);
}

const tooLong = () =>
  invalid(
    `The feedback has more than ${MAX_JSON_BYTES} bytes, which is the limit; a comment may have ${MAX_COMMENT} characters.`,
  );

function checked(values: () => unknown, photo: Buffer | null, release: () => void): Opinion {
  try {
    const { comment, ...body } = parse(values());
    if (photo && !body.keepPhoto) {
      throw invalid('There is a photo, but "keepPhoto" is not true: the user has to agree.');
    }
    return { ...body, comment: cleanComment(comment), photo, release };
  } catch (error) {
    release();
    throw error;
  }
}

function parse(values: unknown): FeedbackBody {
  const parsed = feedbackBody.safeParse(values);
  if (parsed.success) return parsed.data;
  const issues = z.prettifyError(parsed.error).replace(/\s*\n\s*/g, ' ');
  throw invalid(`The feedback is not valid: ${issues.slice(0, MAX_ISSUE)}`);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw invalid('The feedback is not valid JSON.');
  }
}

/** What a form leaves empty it does not say. */
function valuesOf({ fields }: Form): unknown {
  const values = new Map<string, unknown>();
  for (const [name, value] of fields) {
    if (values.has(name)) throw invalid(`The form has the field "${name}" more than once.`);
    values.set(name, YES_OR_NO.has(name) ? toBoolean(value) : value);
  }
  return Object.fromEntries([...values].filter(([, value]) => value !== ''));
}

const YES_OR_NO = new Set(['correct', 'keepPhoto']);

const toBoolean = (text: unknown) => (text === 'true' ? true : text === 'false' ? false : text);

/** All of C0 and C1 but tab and line end. */
const CONTROL = /[^\P{Cc}\t\n]/u;

/** Text and nothing else: terminals and spreadsheets read it too. */
function cleanComment(comment = ''): string | null {
  const text = comment.toWellFormed().replace(/\r\n?/g, '\n').trim();
  if (text.length > MAX_COMMENT) {
    const detail = `The comment has ${text.length} characters; at most ${MAX_COMMENT} are allowed.`;
    throw invalid(detail);
  }
  if (CONTROL.test(text)) throw invalid('The comment has control characters.');
  return text === '' ? null : text;
}
