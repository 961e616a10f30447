// A Compose project of the test's own: its commands, its containers, and nothing of it afterwards.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Of `docker inspect`, what is looked at. */
export interface Container {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly RestartCount: number;
  readonly State: { readonly Health?: { readonly Status: string }; readonly ExitCode: number };
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>>;
  };
  readonly Config: { readonly User: string; readonly Image: string };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly Memory: number;
    readonly Init: boolean | null;
    readonly PortBindings: Readonly<Record<string, unknown>> | null;
  };
}

export class Project {
  /** What an operator has in `.env`; may be changed. */
  readonly settings: NodeJS.ProcessEnv;
  readonly #name: string;
  readonly #label: string;
  readonly #running = new Set<ChildProcess>();

  constructor(name: string, settings: NodeJS.ProcessEnv) {
    this.settings = settings;
    this.#name = name;
    this.#label = `label=com.docker.compose.project=${name}`;
  }

  /** `make up`; gives what it printed, and throws it when it fails. */
  async up(): Promise<string> {
    return await this.#run(`${ROOT}compose/up.sh`);
  }

  async compose(...args: string[]): Promise<string> {
    return await this.#run(`${ROOT}compose/compose.sh`, args);
  }

  /** So many containers of a service; those that run stay as they are. */
  async scale(service: string, count: number): Promise<void> {
    await this.compose('up', '-d', '--no-recreate', '--scale', `${service}=${count}`, service);
  }

  /** Those that run. */
  async containers(service?: string): Promise<Container[]> {
    const filters = [this.#label, 'label=com.docker.compose.oneoff=False', 'status=running'];
    if (service) filters.push(`label=com.docker.compose.service=${service}`);
    const ids = await docker('ps', '-q', ...filters.flatMap((filter) => ['--filter', filter]));
    return ids === '' ? [] : JSON.parse(await docker('inspect', ...ids.split('\n')));
  }

  /** Containers, networks, volumes and images that bear its name. */
  async left(): Promise<string> {
    const found = await Promise.all([
      docker('ps', '-aq', '--filter', this.#label),
      docker('network', 'ls', '-q', '--filter', this.#label),
      docker('volume', 'ls', '-q', '--filter', this.#label),
      docker('images', '-q', '--filter', `reference=${this.#name}*`),
    ]);
    return found.join('');
  }

  /** What is under way ends first: a build would bring its image after the removal. */
  async remove(): Promise<void> {
    for (const child of this.#running) {
      const closed = once(child, 'close');
      // The whole group: the script, and what it waits for.
      process.kill(-(child.pid as number), 'SIGTERM');
      await closed;
    }
    await this.compose('down', '--volumes', '--remove-orphans', '--rmi', 'local');
  }

  async #run(file: string, args: readonly string[] = []): Promise<string> {
    // A session of its own: Ctrl-C reaches us, and we take everything away in order.
    const env = { ...process.env, COMPOSE_PROJECT_NAME: this.#name, ...this.settings };
    const options = { cwd: ROOT, env, detached: true } as const;
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#running.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
      });
    const code = await new Promise((resolve) => child.once('close', resolve));
    this.#running.delete(child);
    if (code === 0) return output;
    throw new Error(`${[file, ...args].join(' ')} ended with ${code}:\n${output.slice(-3000)}`);
  }
}

export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await execute('docker', args);
  return stdout.trim();
}

/** Runs a script of Node inside a container, and gives what it prints. */
export const inside = ({ Id }: Container, script: string): Promise<string> =>
  docker('exec', Id, 'node', '--input-type=module', '-e', script);
