// Reads the photos of a request, as a form or as the raw body, under all the limits.
import { type Budget, Problem } from '@synset/shared';
import type { FastifyRequest } from 'fastify';
import { ByteSink } from './byte-sink.ts';
import { DRAIN_MAX_BYTES } from './drain.ts';
import { type Form, type FormFile, readForm, readPhoto, readPhotos } from './multipart.ts';
import { keepPace, reserveForUpload } from './pace.ts';

/** What a form adds around its file: boundaries, part headers, a few small fields. */
const FORM_OVERHEAD_BYTES = 64 * 1024;

export interface UploadLimits {
  readonly maxBytes: number;
  /** Bytes of photos that this instance holds at a time. */
  readonly inFlight: Budget;
  /** Longest wait for these bytes. */
  readonly timeoutMs: number;
}

export interface Upload {
  readonly image: Buffer;
  /** Gives the reserved bytes back, for the case that the image is still being sent. */
  readonly release: () => void;
  /** Gives the image's memory back as well: it is empty afterwards. */
  readonly free: () => void;
}

/**
 * Waits, with the socket paused, until the announced bytes are free, then reads them.
 * Throws the problems of an upload that is not exactly one photo of at most `maxBytes`.
 */
export async function readUpload(
  request: FastifyRequest,
  limits: UploadLimits,
  signal: AbortSignal,
): Promise<Upload> {
  const raw = /^image\//i.test(request.headers['content-type'] ?? '');
  if (!raw && !request.isMultipart()) {
    throw new Problem(
      'NOT_MULTIPART',
      'Send the photo as field "file" of a multipart/form-data form, or as the raw body with an image/* content type.',
    );
  }
  const { maxBytes } = limits;
  const expected = expectedBytes(request, raw, maxBytes);
  const read = raw ? readBody : readPhoto;
  const { upload } = await readInto(request, expected, limits, signal, (sink) =>
    read(request, sink, maxBytes),
  );
  return upload;
}

/** Reads a form that may have a photo, as `readUpload` does; without one the image is empty. */
export async function readFormUpload(
  request: FastifyRequest,
  limits: UploadLimits,
  signal: AbortSignal,
): Promise<Upload & { readonly form: Form }> {
  const { maxBytes } = limits;
  const expected = expectedBytes(request, false, maxBytes);
  const { upload, read: form } = await readInto(request, expected, limits, signal, (sink) =>
    readForm(request, sink, maxBytes),
  );
  return { ...upload, form };
}

export interface BulkLimits extends UploadLimits {
  readonly maxFiles: number;
  /** Of the whole request. */
  readonly maxTotalBytes: number;
}

/**
 * Reads the photos of a form one by one, each given to `onPhoto` before the next is read. Throws
 * the problems of the request as a whole.
 */
export async function readUploads(
  request: FastifyRequest,
  limits: BulkLimits,
  signal: AbortSignal,
  onPhoto: (file: FormFile) => Promise<void>,
): Promise<void> {
  if (!request.isMultipart()) {
    throw new Problem('NOT_MULTIPART', 'Send the photos as fields "file" of a multipart form.');
  }
  const { inFlight, timeoutMs, maxBytes, maxFiles, maxTotalBytes } = limits;
  const announced = Number(request.headers['content-length'] ?? maxTotalBytes);
  if (announced > maxTotalBytes) throw tooLargeTogether(maxTotalBytes);
  const most = Math.min(maxBytes, maxTotalBytes);
  const expected = Math.min(announced, most);
  const release = await reserveForUpload(request.raw, inFlight, expected, timeoutMs, signal);
  let received = 0;
  const onBytes = (bytes: number) => {
    received += bytes;
    if (received > maxTotalBytes) throw tooLargeTogether(maxTotalBytes);
  };
  const queueAll = async () => {
    for await (const file of readPhotos(request, { maxFiles, maxBytes: most, onBytes })) {
      signal.throwIfAborted();
      await onPhoto(file);
    }
  };
  try {
    await keepPace(queueAll(), () => received);
  } finally {
    release();
  }
}

export interface WholeLimits extends UploadLimits {
  /** How often its bytes will be in memory: as often they are reserved. */
  readonly copies: number;
  /** For a body of more than `maxBytes`. */
  readonly refusal?: () => Problem;
}

/** Reads a body as it is, whatever it holds, as `readUpload` does. */
export async function readWhole(
  request: FastifyRequest,
  limits: WholeLimits,
  signal: AbortSignal,
): Promise<Upload> {
  const { maxBytes, refusal = () => tooLargeTogether(maxBytes) } = limits;
  const announced = Number(request.headers['content-length'] ?? maxBytes);
  if (announced > maxBytes) throw refusal();
  const { upload } = await readInto(request, announced, limits, signal, (sink) =>
    readAll(request, sink, maxBytes, refusal),
  );
  return upload;
}

type ReadLimits = Pick<WholeLimits, 'inFlight' | 'timeoutMs'> & Partial<WholeLimits>;

/** Waits until `capacity` bytes are free, and reads them at no less than the least pace. */
async function readInto<T>(
  request: FastifyRequest,
  capacity: number,
  { inFlight, timeoutMs, copies = 1 }: ReadLimits,
  signal: AbortSignal,
  reader: (sink: ByteSink) => Promise<T>,
): Promise<{ upload: Upload; read: T }> {
  const bytes = copies * capacity;
  const release = await reserveForUpload(request.raw, inFlight, bytes, timeoutMs, signal);
  try {
    const sink = new ByteSink(capacity);
    const read = await keepPace(reader(sink), () => sink.length);
    return { upload: { image: sink.bytes(), release, free: () => sink.free() }, read };
  } catch (error) {
    release();
    throw error;
  }
}

const tooLargeTogether = (maxBytes: number) =>
  new Problem(
    'FILE_TOO_LARGE',
    `The request has more than ${maxBytes} bytes, which is the limit for all photos together.`,
  );

export const tooLarge = (maxBytes: number) =>
  new Problem('FILE_TOO_LARGE', `The photo has more than ${maxBytes} bytes, which is the limit.`);

export const emptyFile = () => new Problem('FILE_EMPTY', 'The photo has 0 bytes.');

/**
 * Bytes to reserve: what Content-Length announces, at most what may be kept. A form that announces
 * more is read all the same, without keeping it: it may be two photos, and then says so.
 */
function expectedBytes(request: FastifyRequest, raw: boolean, maxBytes: number): number {
  const most = maxBytes + FORM_OVERHEAD_BYTES;
  const header = request.headers['content-length'];
  if (header === undefined) return most;
  const announced = Number(header);
  if (announced > (raw ? maxBytes : DRAIN_MAX_BYTES)) throw tooLarge(maxBytes);
  return Math.min(announced, most);
}

async function readBody(request: FastifyRequest, sink: ByteSink, maxBytes: number): Promise<void> {
  await readAll(request, sink, maxBytes, () => tooLarge(maxBytes));
  if (sink.length === 0) throw emptyFile();
}

async function readAll(
  request: FastifyRequest,
  sink: ByteSink,
  maxBytes: number,
  refusal: () => Problem,
): Promise<void> {
  for await (const chunk of request.raw.iterator({ destroyOnReturn: false })) {
    sink.write(chunk);
    if (sink.length > maxBytes) throw refusal();
  }
}
