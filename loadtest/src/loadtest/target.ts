// What is measured: a service that is started for it, or one that runs already.
import { join } from 'node:path';
import { z } from 'zod';
import { Service } from '../service.ts';
import type { Options } from './options.ts';
import { type NamedProcess, processesOf } from './processes.ts';
import type { Model } from './results.ts';

export interface Target {
  readonly url: string;
  readonly workers: number;
  /** None that can be looked at where the service runs already. */
  readonly processes: readonly NamedProcess[];
  readonly redisUrl: string | null;
  readonly model: Model;
  close(): Promise<void>;
}

/** 0: chosen by `make run` from the cores and the workers. */
const BY_DEFAULT = { sessions: 0, threads: 0 };

const modelSchema = z.object({ name: z.string(), trained: z.boolean(), sha256: z.string() });
const readySchema = z.object({ workers: z.int() });

/** `workers` is null where the service runs already. */
export async function openTarget(
  { url, model, modelDir }: Options,
  workers: number | null,
  folder: string,
  closing: AsyncDisposableStack,
): Promise<Target> {
  if (url || !workers) return await runningTarget(`${url}`);
  const settings = { model, modelDir, workers, ...BY_DEFAULT };
  const service = await Service.start({ ...settings, folder: join(folder, 'service') }, closing);
  return {
    url: service.url,
    workers,
    processes: await processesOf(service),
    redisUrl: service.redisUrl,
    model: await ask(service.url, '/model', modelSchema),
    close: () => service.close(),
  };
}

async function runningTarget(url: string): Promise<Target> {
  const { workers } = await ask(url, '/readyz', readySchema);
  const model = await ask(url, '/model', modelSchema);
  return { url, workers, processes: [], redisUrl: null, model, close: async () => {} };
}

async function ask<T extends z.ZodType>(url: string, path: string, schema: T): Promise<z.infer<T>> {
  const problem = (why: string) => new Error(`${url}${path}: ${why}`);
  const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5000) }).catch(
    (error) => {
      throw problem(`no answer (${error.cause?.message ?? error.message})`);
    },
  );
  const text = await response.text();
  if (!response.ok) throw problem(`answered ${response.status}: ${text.slice(0, 200)}`);
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw problem('not the answer of this service');
  }
}
