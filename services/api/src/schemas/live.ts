// The state of the whole service, again and again.
import { z } from 'zod';
import type { RouteDoc } from './route-doc.ts';

export const liveFigures = z.strictObject({
  redis: z.boolean().describe('Whether Redis answers; if not, all else is null.'),
  workers: z.int().nullable().describe('Workers that were heard of lately.'),
  backlog: z.int().nullable().describe('Jobs that wait or run.'),
  requestsPerS: z
    .number()
    .nullable()
    .describe('Photos that waiting clients got their answers for, in the last ten seconds.'),
  p50Ms: z
    .number()
    .nullable()
    .describe(
      'Time within which half of them had theirs in the last minute, to 5 %; null: there were none.',
    ),
  p95Ms: z.number().nullable().describe('The same for 95 %.'),
  model: z
    .object({ name: z.string(), trained: z.boolean() })
    .nullable()
    .describe('The model in use; null: there is no worker.'),
});

export type LiveFigures = z.infer<typeof liveFigures>;

const example: LiveFigures = {
  redis: true,
  workers: 2,
  backlog: 3,
  requestsPerS: 41.5,
  p50Ms: 48,
  p95Ms: 90,
  model: { name: 'resnet50-v1-12-int8', trained: true },
};

const fields = Object.entries(liveFigures.shape)
  .map(([name, { description }]) => `- \`${name}\`: ${description}`)
  .join('\n');

export const liveDoc: RouteDoc = {
  id: 'live',
  tag: 'service',
  summary: 'What goes on, every two seconds',
  description: `Server-Sent Events, of all API instances together. The data of each is JSON:

${fields}

It ends every few minutes, and when the instance does: come again, as \`EventSource\` does by itself. In the first event
after a time in which nobody looked, the other instances' answers are missing.`,
  answers: {
    200: {
      description: 'Events',
      content: {
        'text/event-stream': {
          schema: z.string(),
          examples: { one: `data: ${JSON.stringify(example)}\n\n` },
        },
      },
    },
  },
  problems: ['QUEUE_FULL'],
};
