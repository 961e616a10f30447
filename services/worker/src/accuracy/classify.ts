// Classifies labelled photos with what serves them, several at a time.
import { Problem } from '@synset/shared';
import type { WorkerConfig } from '../config.ts';
import { type Pipeline, startPipeline } from '../pipeline.ts';
import { type Scored, topK } from '../top-k.ts';
import type { Labelled } from './folder.ts';
import { inTurn } from './in-turn.ts';
import { readPhoto } from './photo.ts';

export interface Answer {
  readonly file: string;
  /** Index of the category that it shows. */
  readonly truth: number;
  /** Probability of that category. */
  readonly probability: number;
  readonly top5: Scored[];
}

export interface Unreadable {
  readonly file: string;
  readonly code: string;
  readonly detail: string;
}

export interface Run {
  readonly model: { name: string; trained: boolean; sha256: string; prepared: boolean };
  readonly decoder: WorkerConfig['DECODER'];
  readonly providers: readonly string[];
  readonly sessions: number;
  readonly threads: number;
  /** From the first photo to the last; loading the model is not part of it. */
  readonly seconds: number;
  readonly answers: Answer[];
  readonly unreadable: Unreadable[];
}

/** Who is told what goes on. */
export interface Report {
  progress(done: number, total: number): void;
  say(line: string): void;
  end(): void;
}

export async function classify(
  config: WorkerConfig,
  photos: readonly Labelled[],
  report: Report,
): Promise<Run> {
  const warn = (fields: object, text: string) => report.say(`${text} ${JSON.stringify(fields)}`);
  const pipeline = await startPipeline(config, { info: () => {}, warn });
  const { card, sha256, prepared } = pipeline.model;
  if (!card.trained) report.say(`${card.name} is a test card: it knows colours, not things`);
  try {
    const results = await classifyAll(pipeline, photos, report);
    return {
      model: { name: card.name, trained: card.trained, sha256, prepared },
      decoder: config.DECODER,
      providers: pipeline.providers,
      sessions: config.SESSIONS,
      threads: config.INTRA_OP_THREADS,
      ...results,
    };
  } finally {
    report.end();
    await pipeline.close();
  }
}

async function classifyAll(pipeline: Pipeline, photos: readonly Labelled[], report: Report) {
  const results: (Answer | Unreadable)[] = [];
  let done = 0;
  const started = performance.now();
  await inTurn(photos, pipeline.capacity, async (photo, i) => {
    results[i] = await answer(pipeline, photo).catch((error) => asUnreadable(photo.file, error));
    report.progress(++done, photos.length);
  });
  const seconds = (performance.now() - started) / 1000;
  const answers = results.filter((result) => 'truth' in result);
  const unreadable = results.filter((result) => 'code' in result);
  return { seconds, answers, unreadable };
}

async function answer(pipeline: Pipeline, photo: Labelled): Promise<Answer> {
  const { probabilities } = await pipeline.classify(await readPhoto(photo.path));
  const { file, truth } = photo;
  return { file, truth, probability: probabilities[truth] ?? 0, top5: topK(probabilities, 5) };
}

/** A photo that cannot be read ends no run; anything else does. */
function asUnreadable(file: string, error: unknown): Unreadable {
  if (error instanceof Problem) return { file, code: error.code, detail: error.message };
  if (error instanceof Error && 'syscall' in error && 'code' in error) {
    return { file, code: String(error.code), detail: error.message };
  }
  throw error;
}
