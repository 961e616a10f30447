// A problem as the body of an answer.
import { type Problem, problems } from '@synset/shared';
import type { ProblemBody } from './schemas/problem.ts';

/** Where the result of a job is to be asked for. */
export const jobHref = (jobId: string) => `/jobs/${jobId}`;

export function problemBody(problem: Problem, requestId: string): ProblemBody {
  const { code, message: detail } = problem;
  const { status, title } = problems[code];
  return {
    success: false,
    type: `urn:synset:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    code,
    detail,
    requestId,
    prediction: null,
    score: null,
    ...(problem.jobId && { id: problem.jobId, href: jobHref(problem.jobId) }),
  };
}
