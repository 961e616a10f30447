// A job as it travels from the API to a worker: the photo's bytes and what to do with them.
import { z } from 'zod';
import { jobFormats } from './formats.ts';

const jobHeader = z.object({
  id: z.string().min(1),
  format: z.enum(jobFormats),
  /** Width and height in the photo's header, before orientation. */
  width: z.int().positive(),
  height: z.int().positive(),
  /** EXIF orientation 1..8 as far as the header told it. */
  orientation: z.int().min(1).max(8),
  /** Names what is to be classified, in hex: of the photo's bytes, or of its pixels. */
  sha256: z.string(),
  /** Number of categories to answer with. */
  topK: z.int().positive(),
  /** Whether the answer comes with its reasons; entries of older versions do not ask. */
  explain: z.boolean().default(false),
  /** Stream that the reply goes to; null where the result is only kept. */
  replyTo: z.string().min(1).nullable(),
  /** Milliseconds that the job may take from being queued; null where it was promised. */
  budgetMs: z.number().positive().nullable(),
  /** Milliseconds that the upload took. */
  uploadMs: z.number(),
  /** How long the result is kept. */
  resultTtlS: z.int().positive(),
  /** The request that it came with, for the logs; entries of older versions do not tell. */
  requestId: z.string().nullable().default(null),
  /** The span that published it, where its trace is recorded. */
  traceparent: z.string().nullable().default(null),
  /** Whether it was given up before and is tried anew. */
  replayed: z.boolean().default(false),
});

export type JobHeader = z.infer<typeof jobHeader>;

export interface Job extends JobHeader {
  /** The photo as uploaded. */
  readonly image: Buffer;
}

/** Fields of the job's stream entry: one of text, one of bytes. */
export function encodeJob({ image, ...header }: Job): { header: string; image: Buffer } {
  return { header: JSON.stringify(header), image };
}

/**
 * Reads the fields of a stream entry. They must have been read as Buffers: decoded as text, which
 * is the client's default, the photo's bytes come back broken. Throws where the entry is no job.
 */
export function decodeJob(fields: Record<string, Buffer>): Job {
  const { header, image } = fields;
  if (!Buffer.isBuffer(header) || !Buffer.isBuffer(image)) {
    throw new TypeError('the entry has not the fields of a job: header, image');
  }
  return { ...decodeHeader(header), image };
}

/** Throws where it is no header of a job. */
export const decodeHeader = (json: Buffer): JobHeader =>
  jobHeader.parse(JSON.parse(json.toString()));
