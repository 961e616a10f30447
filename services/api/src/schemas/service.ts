// What can be asked about the service.
import { modelCardInfo } from '@synset/shared';
import { z } from 'zod';
import { json, type RouteDoc } from './route-doc.ts';

const alive = z.object({ status: z.literal('ok') });
const ready = z.object({ status: z.literal('ready'), workers: z.int() });
const labels = z.object({
  labels: z.array(z.object({ index: z.int(), synset: z.string(), label: z.string() })),
});

export const healthDoc: RouteDoc = {
  id: 'health',
  tag: 'service',
  summary: 'Alive?',
  answers: { 200: { description: 'Alive', content: json(alive, { alive: { status: 'ok' } }) } },
  isHealth: true,
};

export const readyDoc: RouteDoc = {
  id: 'ready',
  tag: 'service',
  summary: 'Ready?',
  description: 'Redis can be reached, replies are read, and a warmed-up worker was seen.',
  answers: {
    200: {
      description: 'Ready',
      content: json(ready, { 'two workers': { status: 'ready', workers: 2 } }),
    },
  },
  problems: ['QUEUE_UNAVAILABLE', 'SHUTTING_DOWN'],
  isHealth: true,
};

export const metricsDoc: RouteDoc = {
  id: 'metrics',
  tag: 'service',
  summary: 'Metrics for Prometheus',
  description: 'There unless METRICS=off; needs no key where METRICS_OPEN is set.',
  answers: {
    200: {
      description: "Prometheus's text format",
      content: { 'text/plain': { schema: z.string() } },
    },
  },
};

export const labelsDoc: RouteDoc = {
  id: 'labels',
  tag: 'service',
  summary: 'The 1000 categories',
  answers: {
    200: {
      description: 'In the order of the model',
      content: json(labels, {
        'the first': { labels: [{ index: 0, synset: 'n01440764', label: 'tench' }] },
      }),
    },
  },
};

export const modelDoc: RouteDoc = {
  id: 'model',
  tag: 'service',
  summary: 'The model in use',
  answers: {
    200: {
      description: 'Its card',
      content: json(modelCardInfo, {
        int8: {
          name: 'resnet50-v1-12-int8',
          trained: true,
          sha256: 'c234f30975989788b4405f25253275aae247ab6dbdd34aaa69ab0a59ff76f6d0',
          source: 'https://huggingface.co/onnxmodelzoo/resnet50-v1-12-int8',
          licence: 'Apache-2.0',
          top1: 74.77,
          top5: 92.32,
          classes: 1000,
          input: [224, 224],
          prepared: true,
          providers: ['cpu'],
          explain: true,
        },
      }),
    },
  },
  problems: ['QUEUE_UNAVAILABLE'],
};

export const documentDoc: RouteDoc = {
  id: 'openapi',
  tag: 'service',
  summary: 'This document',
  answers: {
    200: {
      description: 'OpenAPI 3.1',
      content: json(z.looseObject({ openapi: z.string() }), { start: { openapi: '3.1.0' } }),
    },
  },
};
