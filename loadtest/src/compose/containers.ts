// How the containers are fenced in, and what the images weigh.
import assert from 'node:assert/strict';
import { type Container, docker, inside, type Project } from './project.ts';

/** What an image may have above the one that it is built on, in MB of 10^6 bytes. */
const LIMITS = { api: 60, worker: 150 };
const BASE = 'node:24-bookworm-slim';

export async function checkContainers(project: Project): Promise<void> {
  const containers = await project.containers();
  for (const container of containers) checkSettings(container);
  for (const container of containers) await checkProcess(container);
  const published = containers.filter(
    ({ HostConfig }) => Object.keys(HostConfig.PortBindings ?? {}).length,
  );
  assert.deepEqual(published.map(service), ['proxy']);
}

const service = ({ Config }: Container) => /[a-z]+$/.exec(Config.Image)?.[0];

function checkSettings({ Name, Config, HostConfig, State }: Container): void {
  assert.match(Config.User, /^(?!0|root)\w+/, `${Name} runs as root`);
  assert.equal(HostConfig.ReadonlyRootfs, true, `${Name}: its root can be written`);
  assert.deepEqual(HostConfig.CapDrop, ['ALL'], Name);
  assert.match(String(HostConfig.SecurityOpt), /no-new-privileges/, Name);
  assert.equal(HostConfig.Init, true, `${Name} has no init`);
  assert.ok(HostConfig.Memory > 0, `${Name}: its memory has no limit`);
  assert.equal(State.Health?.Status, 'healthy', Name);
}

/** The same as its processes see it. */
async function checkProcess({ Id, Name }: Container): Promise<void> {
  const status = await docker('exec', Id, 'cat', '/proc/1/status');
  assert.match(status, /^Uid:\t[1-9]/m, Name);
  assert.match(status, /^CapEff:\t0+$/m, Name);
  assert.match(status, /^CapBnd:\t0+$/m, Name);
  assert.match(status, /^NoNewPrivs:\t1$/m, Name);
  await assert.rejects(docker('exec', Id, 'touch', '/written'), /Read-only/, Name);
}

/** A worker reaches Redis, neither proxy nor API, and no other network. */
export async function checkWorkerNetwork(project: Project): Promise<void> {
  const [worker] = await project.containers('worker');
  assert.ok(worker);
  const reach = (host: string, port: number) =>
    inside(
      worker,
      `import { connect } from 'node:net';
      const socket = connect({ host: '${host}', port: ${port}, timeout: 2000 });
      const end = (how) => { console.log(how); process.exit(); };
      socket.once('connect', () => end('yes')).once('error', () => end('no')).once('timeout', () => end('no'));`,
    );
  assert.equal(await reach('redis', 6379), 'yes', 'a worker must reach Redis');
  for (const name of ['proxy', 'api']) {
    const [other] = await project.containers(name);
    // By address: what cannot be looked up may be reached all the same.
    for (const { IPAddress } of Object.values(other?.NetworkSettings.Networks ?? {}))
      assert.equal(await reach(IPAddress, 3000), 'no', `a worker reaches ${name}`);
  }
  for (const network of Object.keys(worker.NetworkSettings.Networks)) {
    const internal = await docker('network', 'inspect', '--format', '{{.Internal}}', network);
    assert.equal(internal, 'true', `a worker has a way out by ${network}`);
  }
}

/** Gives the sizes in a line. */
export async function checkSizes(project: Project): Promise<string> {
  const base = await size(BASE);
  const found: string[] = [];
  for (const [name, limit] of Object.entries(LIMITS)) {
    const [container] = await project.containers(name);
    assert.ok(container);
    const mb = ((await size(container.Image)) - base) / 1e6;
    assert.ok(mb <= limit, `the ${name} image has ${mb} MB above ${BASE}, ${limit} are allowed`);
    found.push(`${name} ${mb.toFixed(1)} MB (limit ${limit})`);
  }
  return found.join(', ');
}

const size = async (image: string) =>
  Number(await docker('image', 'inspect', '--format', '{{.Size}}', image));
