// The page of corrections: what users said of predictions, for whoever looks after the service.
import { labels } from '@synset/models/labels';
import type { CategoryCount, FeedbackEntry, FeedbackStore } from '@synset/shared';
import type { FastifyReply } from 'fastify';
import { prepareProblem, toProblem } from './plugins/problems.ts';
import { problemBody } from './problem-body.ts';
import { unavailable } from './unavailable.ts';

const CORRECTIONS = 50;
/** Looked at for corrections: most of what is said may be that a prediction is right. */
const LATEST = 500;
/** Shown of those that may be a thousand. */
const CATEGORIES = 30;
/** UTF-16 units of a comment that are seen before it is unfolded: one visitor shall not fill the page. */
const FOLD = 240;

export async function renderFeedbackPage(reply: FastifyReply, store: FeedbackStore) {
  const asked = Promise.all([store.counts(), store.latest(LATEST)]);
  const { shown, problem } = await asked.catch(unavailable).then(
    ([counts, latest]) => ({ shown: toPage(counts, latest), problem: null }),
    async (error: unknown) => {
      const problem = toProblem(error);
      await prepareProblem(problem, reply.request, reply);
      return { shown: null, problem: problemBody(problem, reply.request.id) };
    },
  );
  return reply.type('text/html').view('feedback.eta', { shown, problem });
}

function toPage(counts: readonly CategoryCount[], latest: readonly FeedbackEntry[]) {
  const right = counts.reduce((sum, count) => sum + count.right, 0);
  const wrong = counts.reduce((sum, count) => sum + count.wrong, 0);
  const categories = counts.map(toCategory).sort(worstFirst);
  return {
    right,
    wrong,
    total: right + wrong,
    rate: right / (right + wrong),
    categories: categories.slice(0, CATEGORIES),
    others: categories.slice(CATEGORIES),
    latest: LATEST,
    corrections: latest
      .filter(({ correct }) => !correct)
      .slice(0, CORRECTIONS)
      .map(toCorrection),
  };
}

const toCategory = ({ index, right, wrong }: CategoryCount) => {
  const total = right + wrong;
  return { ...labels[index], right, total, rate: right / total };
};

/** Of equal ones that first of which more is known. */
const worstFirst = (a: { rate: number; total: number }, b: { rate: number; total: number }) =>
  a.rate - b.rate || b.total - a.total;

const toCorrection = ({ predicted, label, comment, at, ...entry }: FeedbackEntry) => ({
  ...entry,
  ...fold(comment ?? ''),
  at,
  when: when.format(new Date(at)),
  predicted: { ...labels[predicted.index], score: predicted.score },
  label: label === null ? null : labels[label],
});

function fold(comment: string): { comment: string; rest: string } {
  if (comment.length <= FOLD) return { comment, rest: '' };
  // Between two words, if there are two, and never within a character.
  const start = comment.slice(0, FOLD).replace(/\s+\S*$|[\ud800-\udbff]$/, '');
  return { comment: start, rest: comment.slice(start.length) };
}

/** Of nobody's own place: the server knows only its own. */
const when = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
});
