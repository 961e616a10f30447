// The page for people, and the photo that it shows again.
import { formats } from '@synset/shared';
import { z } from 'zod';
import { jobId } from './jobs.ts';
import type { RouteDoc } from './route-doc.ts';
import { predictionProblems } from './upload.ts';

const html = { 'text/html': { schema: z.string() } };

export const pageDoc: RouteDoc = {
  id: 'page',
  tag: 'page',
  summary: 'The upload page',
  answers: { 200: { description: 'The page', content: html } },
};

export const postPageDoc: RouteDoc = {
  id: 'postPage',
  tag: 'page',
  summary: 'Its form, without JavaScript',
  body: { 'multipart/form-data': { schema: z.object({ file: z.file() }) } },
  answers: { 200: { description: 'The page, with what the photo shows', content: html } },
  problems: predictionProblems,
  errors: 'page',
};

export const displayDoc: RouteDoc = {
  id: 'display',
  tag: 'page',
  summary: 'A photo as it was uploaded',
  description: 'Those of `POST /` and `POST /jobs`, while they are kept.',
  params: jobId,
  answers: {
    200: {
      description: 'The photo',
      content: Object.fromEntries(
        Object.values(formats).map(({ mime }) => [mime, { schema: z.file() }]),
      ),
    },
  },
  problems: ['NOT_FOUND', 'QUEUE_UNAVAILABLE'],
};
