// The system that is tried hard: Redis, API instances and workers, each service on a line of its own.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  createRedis,
  MALLOC_SETTINGS,
  NODE_FLAGS,
  type Redis,
  redisServerArguments,
} from '@synset/shared';
import { freePort, silentLog } from '@synset/shared/testing';
import { Line } from './line.ts';
import type { Logs } from './logs.ts';
import { Supervised } from './supervised.ts';

const API = new URL('../../../services/api/src/server.ts', import.meta.url);
const WORKER = new URL('../../../services/worker/src/main.ts', import.meta.url);
const POISON = new URL('../../../shared/src/testing/poison.ts', import.meta.url);

const INSTANCES = 2;

export interface SystemOptions {
  readonly modelDir: string;
  /** For Redis's data; removed by the caller. */
  readonly folder: string;
  readonly keyPrefix: string;
  readonly logs: Logs;
  /** Ends what was started, in whatever state. */
  readonly closing: AsyncDisposableStack;
  /** Further settings of the services. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Service {
  readonly process: Supervised;
  readonly line: Line;
}

export interface Api extends Service {
  readonly url: string;
  /** Requests that clients have sent and that are not answered yet. */
  underWay: number;
}

export class System {
  readonly redis: Supervised;
  /** A connection of our own, past those lines. */
  readonly observer: Redis;
  readonly apis: Api[] = [];
  readonly workers: Service[] = [];
  readonly #options: SystemOptions;
  readonly #redisPort: number;

  private constructor(options: SystemOptions, redisPort: number) {
    this.#options = options;
    this.#redisPort = redisPort;
    this.redis = new Supervised('redis', () => startRedis(redisPort, options.folder));
    options.closing.defer(async () => void (await this.redis.close()));
    const url = `redis://127.0.0.1:${redisPort}`;
    this.observer = createRedis({ url, name: 'chaos', log: silentLog });
    options.closing.defer(() => this.observer.destroy());
  }

  /** Redis, and one worker and one API instance that are ready. */
  static async start(options: SystemOptions): Promise<System> {
    const system = new System(options, await freePort());
    await system.observer.connect();
    await system.#addWorker();
    await system.#addApi();
    return system;
  }

  /** Starts the others. */
  async complete(): Promise<void> {
    while (this.workers.length < INSTANCES) await this.#addWorker();
    while (this.apis.length < INSTANCES) await this.#addApi();
  }

  get services(): readonly Service[] {
    return [...this.apis, ...this.workers];
  }

  async #addWorker(): Promise<void> {
    const name = `worker-${this.workers.length + 1}`;
    const { modelDir: MODEL_DIR } = this.#options;
    const settings = { WORKER_NAME: name, MODEL: 'testcard-int8', MODEL_DIR };
    const env = { ...settings, SESSIONS: '1', INTRA_OP_THREADS: '1' };
    this.workers.push(await this.#start(name, WORKER, env, ['--import', POISON.href]));
  }

  async #addApi(): Promise<void> {
    const PORT = `${await freePort()}`;
    const service = await this.#start(`api-${this.apis.length + 1}`, API, { PORT });
    this.apis.push({ ...service, url: `http://127.0.0.1:${PORT}`, underWay: 0 });
  }

  async #start(
    name: string,
    script: URL,
    settings: NodeJS.ProcessEnv,
    execArgv: string[] = [],
  ): Promise<Service> {
    const { keyPrefix, logs, closing, env: further } = this.#options;
    const line = await Line.start(this.#redisPort);
    closing.defer(() => line.close());
    const env = {
      REDIS_URL: `redis://127.0.0.1:${line.port}`,
      KEY_PREFIX: keyPrefix,
      ORT_DISABLE_TELEMETRY: '1',
      ...MALLOC_SETTINGS,
      ...further,
      ...settings,
    };
    const process = new Supervised(name, () => {
      const child = startService(script, env, execArgv);
      logs.collect(name, child);
      return child;
    });
    closing.defer(async () => void (await process.close()));
    await process.ready();
    return { process, line };
  }
}

/** In a session of its own, so that Ctrl-C reaches it only through us; it ends when we do. */
function startService(script: URL, env: NodeJS.ProcessEnv, execArgv: string[]): ChildProcess {
  const stdio = ['ignore', 'pipe', 'pipe', 'ipc'] as const;
  const flags = [...NODE_FLAGS, ...execArgv];
  return fork(fileURLToPath(script), { env, execArgv: flags, detached: true, stdio: [...stdio] });
}

/** With the port and the folder of before it is the same Redis again. */
const startRedis = (port: number, folder: string): ChildProcess =>
  spawn('redis-server', redisServerArguments(port, folder), { stdio: 'ignore', detached: true });
