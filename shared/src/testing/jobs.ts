// Jobs for tests, with whatever the test does not care about filled in.
import { createHash } from 'node:crypto';
import type { Job } from '../job.ts';

/** A job for a PNG of 300 x 280 that may take its time. */
export function testJob(fields: Partial<Job> & Pick<Job, 'id' | 'image'>): Job {
  return {
    format: 'png',
    width: 300,
    height: 280,
    orientation: 1,
    sha256: createHash('sha256').update(fields.image).digest('hex'),
    topK: 2,
    explain: false,
    replyTo: null,
    budgetMs: 60_000,
    uploadMs: 1,
    resultTtlS: 60,
    requestId: null,
    traceparent: null,
    replayed: false,
    ...fields,
  };
}
