// Photos to come back for: what is accepted, and what has become of it.
import { problemCodes } from '@synset/shared';
import { z } from 'zod';
import { examplePrediction, predictAnswer } from './prediction.ts';
import { exampleProblem, problemSchema } from './problem.ts';
import { json, type RouteDoc } from './route-doc.ts';
import { queueProblems, uploadProblems } from './upload.ts';

const file = {
  index: z.int().describe('Place in the form.'),
  filename: z.string().describe('As the client calls it, at most 255 characters.'),
};

const acceptedJob = z.object({
  ...file,
  id: z.string(),
  status: z.literal('queued'),
  href: z.string().describe('Where to ask for it.'),
});

const refusedFile = z.object({
  ...file,
  problem: z.object({ status: z.int(), code: z.enum(problemCodes), detail: z.string() }),
});

export const jobsAnswer = z
  .object({
    success: z.boolean().describe('Whether there is a job among them.'),
    jobs: z.array(z.union([acceptedJob, refusedFile])),
  })
  .meta({ id: 'Jobs', description: 'One entry per file: a job, or a problem.' });

export type AcceptedJob = z.infer<typeof acceptedJob>;
export type RefusedFile = z.infer<typeof refusedFile>;
export type JobsAnswer = z.infer<typeof jobsAnswer>;

const { id } = examplePrediction;
const success = z.literal(true);

const jobState = z
  .discriminatedUnion('status', [
    z.object({ success, id: z.string(), status: z.enum(['queued', 'processing']) }),
    z.object({ success, id: z.string(), status: z.literal('done'), result: predictAnswer }),
    z.object({ success, id: z.string(), status: z.literal('failed'), problem: problemSchema }),
  ])
  .meta({ id: 'Job', description: 'What has become of a photo.' });

export const createJobsDoc: RouteDoc = {
  id: 'createJobs',
  tag: 'jobs',
  summary: 'Leave 1 to 100 photos',
  description:
    'Each is queued as it is read; what was accepted is done, however long it takes. All together may have half of the bytes that may be in flight.',
  headers: z.object({
    'idempotency-key': z
      .string()
      .optional()
      .describe('1 to 255 visible ASCII characters. Sent again under it, no job is made twice.'),
  }),
  body: { 'multipart/form-data': { schema: z.object({ file: z.array(z.file()) }) } },
  answers: {
    202: {
      description: 'An entry for each file',
      headers: { 'Retry-After': 'Seconds after which to send again what had no room.' },
      content: json(jobsAnswer, {
        'a photo and a text': {
          success: true,
          jobs: [
            { index: 0, filename: 'cat.jpg', id, status: 'queued', href: `/jobs/${id}` },
            {
              index: 1,
              filename: 'x.txt',
              problem: {
                status: 415,
                code: 'UNSUPPORTED_FORMAT',
                detail: 'The file is none of the supported photo formats: JPEG, PNG, WebP.',
              },
            },
          ],
        },
      }),
    },
  },
  problems: [...uploadProblems, ...queueProblems, 'INVALID_OPTION', 'IDEMPOTENCY_MISMATCH'],
};

export const jobId = z.object({ id: z.string().describe('As it was given.') });

export const jobDoc: RouteDoc = {
  id: 'getJob',
  tag: 'jobs',
  summary: 'Ask for a job',
  params: jobId,
  answers: {
    200: {
      description: 'What has become of it',
      headers: { 'Retry-After': 'Seconds after which to ask again, while it is not done.' },
      content: json(jobState, {
        waiting: { success: true, id, status: 'queued' },
        running: { success: true, id, status: 'processing' },
        done: { success: true, id, status: 'done', result: examplePrediction },
        failed: { success: true, id, status: 'failed', problem: exampleProblem('JOB_FAILED') },
      }),
    },
  },
  problems: ['NOT_FOUND', 'QUEUE_UNAVAILABLE'],
};
