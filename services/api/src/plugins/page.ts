// Templates and assets of the upload page.
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import view from '@fastify/view';
import { Eta } from 'eta';
import fp from 'fastify-plugin';

const views = join(import.meta.dirname, '../views');

export default fp(
  async (app) => {
    // What indents the templates' source is a tenth of the page.
    const plugins = [{ processTemplate: (source: string) => source.replaceAll(/^ +/gm, '') }];
    const eta = new Eta({ views, cache: true, plugins });
    await app.register(view, { engine: { eta }, root: views });
    await app.register(fastifyStatic, {
      root: join(import.meta.dirname, '../public'),
      prefix: '/assets/',
      index: false,
    });
  },
  { name: 'page' },
);
