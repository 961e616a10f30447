// What a route tells of itself for the API's document. Nothing here is looked at while it answers.
import type { ProblemCode } from '@synset/shared';
import type { z } from 'zod';

export interface Content {
  readonly schema: z.ZodType;
  /** By name. Each must keep to the schema. */
  readonly examples?: Readonly<Record<string, unknown>>;
}

export interface AnswerDoc {
  readonly description: string;
  /** Headers that matter, with what they say. */
  readonly headers?: Readonly<Record<string, string>>;
  /** By content type; left out where there is no body. */
  readonly content?: Readonly<Record<string, Content>>;
}

export interface RouteDoc {
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  readonly headers?: z.ZodObject;
  /** By content type. */
  readonly body?: Readonly<Record<string, Content>>;
  /** By status. */
  readonly answers: Readonly<Record<number, AnswerDoc>>;
  /** Beside those that every route may answer. */
  readonly problems?: readonly ProblemCode[];
  /**
   * How a problem is told: by RFC 9457, as the Open Inference Protocol says, by the status alone, or
   * on the page too.
   */
  readonly errors?: 'problem' | 'protocol' | 'status' | 'page';
  /** Whether it is asked by machines that look after the service: answers in all states, without a key. */
  readonly isHealth?: true;
}

export const tags = {
  classify: 'Photos in, categories out.',
  jobs: 'Photos to come back for.',
  feedback: 'Whether predictions are right, said by users.',
  page: 'The page for people.',
  service: 'The service itself.',
  inference: 'Open Inference Protocol, version 2: what clients of KServe and Triton speak.',
} as const;

export type Tag = keyof typeof tags;

declare module 'fastify' {
  interface FastifySchema {
    readonly doc?: RouteDoc;
  }
}

export const json = (schema: z.ZodType, examples: Content['examples'] = {}) => ({
  'application/json': { schema, examples },
});
