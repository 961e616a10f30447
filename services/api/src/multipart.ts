// Reads the files of a form: the only caller of @fastify/multipart.
import type { Multipart } from '@fastify/multipart';
import { Problem } from '@synset/shared';
import type { FastifyRequest } from 'fastify';
import { ByteSink } from './byte-sink.ts';
import { emptyFile, tooLarge } from './upload.ts';

const FIELD = 'file';

/** What a form may hold beside its files. */
const OTHER_PARTS = 10;
const MAX_NAME_LENGTH = 100;
export const MAX_FIELD_BYTES = 10_000;

/** What the parser does not refuse by itself. */
function checkPart(part: Multipart): void {
  if ((part.fieldname?.length ?? 0) > MAX_NAME_LENGTH) {
    const detail = `A field's name has more than ${MAX_NAME_LENGTH} characters, which is the limit.`;
    throw new Problem('INVALID_BODY', detail);
  }
  if (part.type === 'field' && part.valueTruncated) {
    const detail = `A field has more than ${MAX_FIELD_BYTES} bytes, which is the limit.`;
    throw new Problem('INVALID_BODY', detail);
  }
}

/** What a form holds beside its photo. */
export interface Form {
  /** In their order, as often as they come. Text, or what a field says as JSON. */
  readonly fields: readonly (readonly [name: string, value: unknown])[];
  readonly hasPhoto: boolean;
}

/**
 * Reads every part to its end, since one left unread stops the request (fastify-multipart's
 * README), and looks at `truncated` itself: the plugin's own error for a large file is missed
 * when the limit is reached in the last chunk (fastify-multipart#383). A file in another field
 * than the photo's is a field whose value is null.
 */
export async function readForm(
  request: FastifyRequest,
  sink: ByteSink,
  maxBytes: number,
): Promise<Form> {
  const fields: [string, unknown][] = [];
  let files = 0;
  let truncated = false;
  try {
    for await (const part of request.parts({ limits: { fileSize: maxBytes } })) {
      checkPart(part);
      const isPhoto = part.type === 'file' && part.fieldname === FIELD;
      if (!isPhoto) fields.push([part.fieldname, part.type === 'field' ? part.value : null]);
      if (part.type !== 'file') continue;
      const wanted = isPhoto && files++ === 0;
      for await (const chunk of part.file) if (wanted) sink.write(chunk);
      if (wanted) truncated = part.file.truncated;
    }
  } catch (error) {
    throw formProblem(error, 1);
  }
  if (files > 1) throw tooManyFiles(1);
  if (truncated || sink.length > maxBytes) throw tooLarge(maxBytes);
  if (files === 1 && sink.length === 0) throw emptyFile();
  return { fields, hasPhoto: files === 1 };
}

export async function readPhoto(
  request: FastifyRequest,
  sink: ByteSink,
  maxBytes: number,
): Promise<void> {
  const { hasPhoto } = await readForm(request, sink, maxBytes);
  if (!hasPhoto) throw fileMissing();
}

export interface FormFile {
  /** As the client calls it. */
  readonly filename: string;
  /** Its memory is given back when the next file is read. */
  readonly image: Buffer;
  readonly isTooLarge: boolean;
}

export interface FormLimits {
  readonly maxFiles: number;
  readonly maxBytes: number;
  /** Told of each chunk, of other parts too. */
  readonly onBytes: (bytes: number) => void;
}

/** Reads one photo after the other, so that only one is held at a time. */
export async function* readPhotos(
  request: FastifyRequest,
  { maxFiles, maxBytes, onBytes }: FormLimits,
): AsyncGenerator<FormFile> {
  const limits = { fileSize: maxBytes, files: maxFiles, parts: maxFiles + OTHER_PARTS };
  let files = 0;
  try {
    for await (const part of request.parts({ limits })) {
      checkPart(part);
      if (part.type !== 'file') continue;
      const sink = new ByteSink(maxBytes);
      for await (const chunk of part.file) {
        onBytes(chunk.length);
        sink.write(chunk);
      }
      if (part.fieldname !== FIELD) continue;
      files++;
      const isTooLarge = part.file.truncated || sink.length > maxBytes;
      yield { filename: part.filename, image: sink.bytes(), isTooLarge };
      sink.free();
    }
  } catch (error) {
    throw formProblem(error, maxFiles);
  }
  if (files === 0) throw fileMissing();
}

const fileMissing = () =>
  new Problem('FILE_MISSING', `The form has no file in its field "${FIELD}".`);

const tooManyFiles = (most: number) =>
  new Problem(
    'TOO_MANY_FILES',
    `The form has more files than ${most}, which is the limit; they belong into field "${FIELD}".`,
  );

/** The parser's errors, by its codes and, where it has none, by its words. */
function formProblem(error: unknown, maxFiles: number): unknown {
  if (error instanceof Problem) return error;
  const { code, message } = error as { code?: string; message: string };
  if (code === 'FST_FILES_LIMIT') return tooManyFiles(maxFiles);
  if (code === 'FST_PARTS_LIMIT' || code === 'FST_FIELDS_LIMIT') {
    return new Problem('INVALID_BODY', 'The form has too many parts.');
  }
  if (code === 'FST_MP_PREMATURE_CLOSE' || /unexpected end|terminated early/i.test(message)) {
    return new Problem('UPLOAD_TRUNCATED', 'The form ended before it was complete.');
  }
  if (/boundary/i.test(message)) {
    return new Problem('NOT_MULTIPART', 'The content type names no boundary of the form.');
  }
  return new Problem('INVALID_BODY', 'The form cannot be read.', { cause: error });
}
