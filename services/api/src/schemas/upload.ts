// What may go wrong with photos on their way into the queue.
import type { ProblemCode } from '@synset/shared';

export const uploadProblems: readonly ProblemCode[] = [
  'NOT_MULTIPART',
  'FILE_MISSING',
  'TOO_MANY_FILES',
  'UPLOAD_TRUNCATED',
  'INVALID_BODY',
  'REQUEST_TIMEOUT',
  'FILE_TOO_LARGE',
];

export const photoProblems: readonly ProblemCode[] = [
  'UNSUPPORTED_FORMAT',
  'IMAGE_UNREADABLE',
  'TOO_MANY_PIXELS',
];

export const queueProblems: readonly ProblemCode[] = ['QUEUE_FULL', 'QUEUE_UNAVAILABLE'];

/** Of a photo that is sent and answered at once. */
export const predictionProblems: readonly ProblemCode[] = [
  ...uploadProblems,
  ...photoProblems,
  ...queueProblems,
  'FILE_EMPTY',
  'INVALID_OPTION',
  'JOB_FAILED',
  'DEADLINE_EXCEEDED',
];
