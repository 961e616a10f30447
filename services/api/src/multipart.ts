// Reads the file of a form: the only caller of @fastify/multipart.
import { Problem } from '@synset/shared';
import type { FastifyRequest } from 'fastify';
import type { ByteSink } from './byte-sink.ts';
import { emptyFile, tooLarge } from './upload.ts';

const FIELD = 'file';

/**
 * Reads every part to its end, since one left unread stops the request (fastify-multipart's
 * README), and looks at `truncated` itself: the plugin's own error for a large file is missed
 * when the limit is reached in the last chunk (fastify-multipart#383).
 */
export async function readParts(
  request: FastifyRequest,
  sink: ByteSink,
  maxBytes: number,
): Promise<void> {
  let files = 0;
  let truncated = false;
  try {
    for await (const part of request.parts({ limits: { fileSize: maxBytes } })) {
      if (part.type !== 'file') continue;
      const wanted = part.fieldname === FIELD && files++ === 0;
      for await (const chunk of part.file) if (wanted) sink.write(chunk);
      if (wanted) truncated = part.file.truncated;
    }
  } catch (error) {
    throw formProblem(error);
  }
  if (files > 1) throw tooManyFiles();
  if (files === 0)
    throw new Problem('FILE_MISSING', `The form has no file in its field "${FIELD}".`);
  if (truncated || sink.length > maxBytes) throw tooLarge(maxBytes);
  if (sink.length === 0) throw emptyFile();
}

const tooManyFiles = () =>
  new Problem(
    'TOO_MANY_FILES',
    `The form has more than 1 file; send one photo in field "${FIELD}".`,
  );

/** The parser's errors, by its codes and, where it has none, by its words. */
function formProblem(error: unknown): unknown {
  const { code, message } = error as { code?: string; message: string };
  if (code === 'FST_FILES_LIMIT') return tooManyFiles();
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
