// The whole system on one machine: Redis, API and workers, started and ended in order.
import type { ChildProcess } from 'node:child_process';
import { chooseModel } from './choose-model.ts';
import type { Plan } from './config.ts';
import { answers, assertPortFree } from './net.ts';
import { exitOf, startService, stopProcess, untilReady } from './process.ts';
import { type RedisServer, startRedisServer } from './redis-server.ts';
import { redisFolder } from './redis-url.ts';
import { StartError } from './start-error.ts';
import { Workers } from './workers.ts';

const API_SCRIPT = new URL('../../api/src/server.ts', import.meta.url);
/** A little more than the API gives itself to answer what is under way. */
const API_STOP_DEADLINE_MS = 25_000;

const ANSWER_DEADLINE_MS = 10_000;

export interface SystemInfo {
  readonly model: string;
  /** Resolves with a line that says why, when a part without which nothing works has ended. */
  readonly broken: Promise<string>;
}

export class System {
  readonly #plan: Plan;
  readonly #say: (line: string) => void;
  readonly #stopFetching = new AbortController();
  #redis: RedisServer | undefined;
  #workers: Workers | undefined;
  #api: ChildProcess | undefined;
  #closing: Promise<void> | undefined;

  constructor(plan: Plan, say: (line: string) => void) {
    this.#plan = plan;
    this.#say = say;
  }

  /** Rejects with StartError when a part does not start; `close` ends the parts that did. */
  async start(): Promise<SystemInfo> {
    const { config } = this.#plan;
    await assertPortFree(config.HOST, config.PORT);
    const redisUrl = await this.#startRedis();
    const model = await chooseModel(this.#plan, this.#say, this.#stopFetching.signal);
    const env = { ...this.#plan.env, REDIS_URL: redisUrl, MODEL: model };
    // The API before the workers: it is there at once, or says at once which setting is wrong.
    const api = await this.#startApi(env);
    await this.#startWorkers(env);
    await this.#untilAnswering();
    return { model, broken: api.ended };
  }

  /** Ends everything in order. May be called at any time, and twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The API first: what it waits for is answered by the workers, through Redis. */
  async #close(): Promise<void> {
    this.#stopFetching.abort();
    if (this.#api) await stopProcess(this.#api, API_STOP_DEADLINE_MS);
    await this.#workers?.close();
    await this.#redis?.close();
  }

  /** Gives its URL. */
  async #startRedis(): Promise<string> {
    const { config, env } = this.#plan;
    if (config.REDIS_URL) {
      this.#say('using the Redis named by REDIS_URL');
      return config.REDIS_URL;
    }
    const folder = redisFolder(config);
    const redis = await startRedisServer(folder, env.PATH ?? '', this.#say);
    this.#redis = redis;
    this.#say(`private Redis at ${redis.url}, data in ${folder}`);
    return redis.url;
  }

  async #startWorkers(env: NodeJS.ProcessEnv): Promise<void> {
    const { WORKERS: count, PORT: port, METRICS_PORT: metricsPort } = this.#plan.config;
    this.#say(`starting ${count} worker${count > 1 ? 's' : ''} with the model ${env.MODEL}`);
    this.#workers = new Workers({ count, port, metricsPort, env, say: this.#say });
    await this.#workers.start();
  }

  async #startApi(env: NodeJS.ProcessEnv): Promise<{ ended: Promise<string> }> {
    this.#say('starting the API');
    const api = startService(API_SCRIPT, env);
    this.#api = api;
    await untilReady(api, 'the API');
    return { ended: exitOf(api).then(() => 'the API ended') };
  }

  /** The API listens before it has reached Redis and heard of the workers. */
  async #untilAnswering(): Promise<void> {
    const { HOST, PORT } = this.#plan.config;
    const host = HOST === '0.0.0.0' ? '127.0.0.1' : HOST;
    for (const deadline = Date.now() + ANSWER_DEADLINE_MS; Date.now() < deadline; ) {
      if ((await answers(`http://${host}:${PORT}/readyz`)) || this.#closing) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new StartError(`the service is not ready after ${ANSWER_DEADLINE_MS} ms`);
  }
}
