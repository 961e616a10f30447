// What has become of the jobs that were accepted: each must have come to a good end by now.
import { encode } from './message.ts';
import type { FuzzRequest } from './requests.ts';
import type { Sending } from './sending.ts';

const get = (target: string): FuzzRequest => ({
  number: -1,
  kind: `look-up of ${target}`,
  bytes: encode({ method: 'GET', target, headers: [], body: null }),
  pieces: 1,
  ending: 'answer',
});

/** Those that have not, in words; asks for their photos too, which may be gone. */
export async function lookUp(sending: Sending): Promise<string[]> {
  const bad: string[] = [];
  for (const id of sending.jobIds) {
    const { answers } = await sending.send(get(`/jobs/${id}`));
    const wrong = wrongEnd(answers[0]?.body ?? '');
    if (wrong) bad.push(`${id}: ${wrong}`);
    await sending.send(get(`/display/${id}`));
  }
  return bad;
}

export function wrongEnd(body: string): string | null {
  const { status, problem } = JSON.parse(body || '{}');
  if (status === 'done') return null;
  if (status !== 'failed') return `${status}`;
  // The photo's fault, not ours.
  return problem.status < 500 ? null : problem.code;
}
