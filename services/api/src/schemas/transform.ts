// Makes of a route's own words, written as zod schemas, what @fastify/swagger puts into the document.
import type { SwaggerTransform, SwaggerTransformObject } from '@fastify/swagger';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problemAnswers } from './problem.ts';
import type { AnswerDoc, Content, RouteDoc } from './route-doc.ts';

/** zod bounds each whole number by what JavaScript can count to, which tells nobody anything. */
const zodToJsonConfig: NonNullable<
  Parameters<typeof createJsonSchemaTransform>[0]['zodToJsonConfig']
> = {
  override: ({ jsonSchema }) => {
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  },
};

const toJsonSchema = createJsonSchemaTransform({ zodToJsonConfig });
const withComponents = createJsonSchemaTransformObject({ zodToJsonConfig });

/** All named schemas are of answers: what they would be in requests is left out. */
export const transformObject: SwaggerTransformObject = (input) => {
  const document = withComponents(input);
  const schemas = ('components' in document && document.components?.schemas) || {};
  for (const name of Object.keys(schemas)) if (name.endsWith('Input')) delete schemas[name];
  return document;
};

type Media = Record<string, { schema: unknown; examples?: Record<string, { value: unknown }> }>;

const exampleValues = (examples: Content['examples'] = {}) =>
  Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));

/** Routes that say nothing of themselves, as those of assets, are in no document. */
export const transform: SwaggerTransform = (input) => {
  const { schema, url } = input;
  const doc = schema?.doc;
  if (!doc) return { schema: { hide: true }, url };
  const answers: Record<string, AnswerDoc> = { ...doc.answers, ...problemAnswers(doc) };
  const { schema: converted } = toJsonSchema({
    ...input,
    schema: { ...routeSchema(doc), querystring: schema.querystring, response: responses(answers) },
  });
  for (const [status, answer] of Object.entries(answers)) {
    addDetails((converted.response as Record<string, ResponseSchema>)[status] ?? {}, answer);
  }
  return { schema: { ...converted, ...(doc.body && { body: bodyOf(doc.body) }) }, url };
};

function routeSchema({ id, tag, summary, description, params, headers, isHealth }: RouteDoc) {
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description && { description }),
    ...(isHealth && { security: [] }),
    params,
    headers,
  };
}

const responses = (answers: Record<string, AnswerDoc>) =>
  Object.fromEntries(
    Object.entries(answers).map(([status, { description, content = {} }]) => [
      status,
      { description, content },
    ]),
  );

interface ResponseSchema {
  content?: Media;
  headers?: object;
  type?: 'null';
}

/** What the type provider leaves out. */
function addDetails(response: ResponseSchema, answer: AnswerDoc): void {
  if (!answer.content) {
    response.type = 'null';
    delete response.content;
  }
  for (const [type, { examples }] of Object.entries(answer.content ?? {})) {
    const media = response.content?.[type];
    if (media && examples) media.examples = exampleValues(examples);
  }
  const headers = Object.entries(answer.headers ?? {}).map(([name, description]) => [
    name,
    { type: 'string', description },
  ]);
  if (headers.length > 0) response.headers = Object.fromEntries(headers);
}

function bodyOf(body: NonNullable<RouteDoc['body']>) {
  const content = Object.entries(body).map(([type, { schema, examples }]) => {
    const { $schema, ...jsonSchema } = z.toJSONSchema(schema, {
      io: 'input',
      unrepresentable: 'any',
    });
    return [
      type,
      { schema: { ...jsonSchema, ...(examples && { 'x-examples': exampleValues(examples) }) } },
    ];
  });
  return { content: Object.fromEntries(content) };
}
