// A reply as it travels from a worker back to the API instance that waits for it.
import { z } from 'zod';
import { problemCodes } from './problems.ts';

export const modelInfo = z.object({ name: z.string(), trained: z.boolean() });

const answer = z.object({
  jobId: z.string(),
  status: z.literal('done'),
  /** The best categories, best first: index in the model's order and probability 0..1. */
  categories: z.array(z.object({ index: z.int(), score: z.number() })).min(1),
  model: modelInfo,
  /** The photo's width and height seen upright. */
  width: z.int(),
  height: z.int(),
  decodeMs: z.number(),
  inferenceMs: z.number(),
});

const failure = z.object({
  jobId: z.string(),
  status: z.literal('failed'),
  code: z.enum(problemCodes),
  detail: z.string(),
});

const reply = z.discriminatedUnion('status', [answer, failure]);

export type Answer = z.infer<typeof answer>;
export type Reply = z.infer<typeof reply>;

/** Field of the reply's stream entry. */
export function encodeReply(value: Reply): { reply: string } {
  return { reply: JSON.stringify(value) };
}

/** Throws where the entry is no reply. */
export function decodeReply(fields: Record<string, string>): Reply {
  return reply.parse(JSON.parse(fields.reply ?? ''));
}
