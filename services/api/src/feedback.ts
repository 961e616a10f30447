// What a user says of a prediction: held against the prediction, and kept.
import { hash } from 'node:crypto';
import { type Category, labels } from '@synset/models/labels';
import { type PredictionRecord, Problem } from '@synset/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Opinion, readOpinion } from './feedback-body.ts';
import { clientGone, invalid, quote } from './request.ts';
import type { FeedbackAnswer } from './schemas/feedback.ts';
import type { Services } from './services.ts';
import { unavailable } from './unavailable.ts';

/** Throws a Problem for whatever keeps it from being kept; then nothing of it is. */
export async function acceptFeedback(
  request: FastifyRequest,
  reply: FastifyReply,
  services: Services,
  { byForm }: { byForm: boolean },
): Promise<FeedbackAnswer> {
  const opinion = await readOpinion(request, services, clientGone(reply));
  try {
    const { id, correct, comment } = opinion;
    const prediction = await predictionOf(id, services);
    const { index, score, model, sha256 } = prediction;
    const about = { id, correct, predicted: { index, score }, comment, model, sha256 };
    const label = checkLabel(opinion, prediction);
    const photo = await photoOf(opinion, prediction, services, byForm);
    const kept = await services.feedback.keep({ ...about, label }, photo).catch(unavailable);
    services.metrics.judged(correct);
    // Its ID can be read from now on (GET /feedback), and so could the photo (GET /display/:id).
    await services.photos.forget(id);
    return { success: true, id, ...kept };
  } finally {
    opinion.release();
  }
}

async function predictionOf(id: string, { feedback }: Services): Promise<PredictionRecord> {
  const known = await feedback.prediction(id).catch(unavailable);
  if (known) return known;
  throw new Problem('NOT_FOUND', 'No prediction of this id is known, or no more.');
}

/** What was said to be right needs no label: the predicted one is it. */
function checkLabel({ correct, label }: Opinion, { index }: PredictionRecord): number | null {
  if (label === undefined) return null;
  const named = categoryOf(label);
  if (correct === (named.index === index)) return correct ? null : named.index;
  const predicted = labels[index]?.label;
  throw invalid(
    correct
      ? `The prediction is "${predicted}": it cannot be right and ${named.synset} as well.`
      : `"label" is the predicted category, "${predicted}", which "correct" says is wrong.`,
  );
}

const byName = Map.groupBy(
  labels.flatMap((category) => [
    [category.label, category] as const,
    [category.synset, category] as const,
  ]),
  ([name]) => name,
);

const byLowerName = Map.groupBy(labels, ({ label }) => label.toLowerCase());

/** By index, synset or label; "Cardigan", a dog, is another category than "cardigan". */
function categoryOf(given: number | string): Category {
  const name = `${given}`.trim();
  const byIndex = /^\d{1,3}$/.test(name) ? labels[Number(name)] : undefined;
  if (byIndex) return byIndex;
  const exact = byName.get(name)?.map(([, category]) => category);
  const [first, ...others] = exact ?? byLowerName.get(name.toLowerCase()) ?? [];
  if (first && others.length === 0) return first;
  if (!first) {
    const detail = `${quote(name)} is none of the ${labels.length} categories (GET /labels): leave "label" out, and say what it is in "comment".`;
    throw invalid(detail);
  }
  const which = [first, ...others].map(({ index, synset }) => `${index} (${synset})`);
  throw invalid(`"${name}" is the label of ${which.join(' and ')}: send the index or the synset.`);
}

/** The photo that the user lets us keep, if so. A page without JavaScript cannot send it again. */
async function photoOf(
  { id, keepPhoto, photo }: Opinion,
  { sha256 }: PredictionRecord,
  { photos, feedback }: Services,
  byForm: boolean,
): Promise<Buffer | null> {
  if (!keepPhoto) return null;
  // Said again, it is with the feedback already.
  const kept = async () => (await photos.get(id)) ?? (await feedback.photo(sha256));
  const image = photo ?? (await kept().catch(unavailable));
  if (!image) {
    if (byForm) return null;
    const detail =
      'The photo of this prediction is not kept, or no more: send it as field "file" of a form.';
    throw new Problem('NOT_FOUND', detail);
  }
  if (hash('sha256', image) === sha256) return image;
  throw invalid('The photo is not the one of this prediction: its SHA-256 is another.');
}
