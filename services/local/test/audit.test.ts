import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../audit.sh', import.meta.url));

/** Plays a registry that is asked for vulnerabilities; gives what the script says to its answer. */
async function audit(status: number, answer: object) {
  const asked: string[] = [];
  const registry = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      if (request.method === 'POST') asked.push(body);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  onTestFinished(() => void registry.close());
  const { port } = registry.address() as AddressInfo;
  const REGISTRY = `http://127.0.0.1:${port}`;
  const child = spawn(SCRIPT, {
    env: { ...process.env, REGISTRY },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(child, 'close');
  return { code, output, asked: asked.join() };
}

test('nothing known: 0; asked for what the services run, and nothing else', async () => {
  const { code, output, asked } = await audit(200, {});
  expect(code, output).toBe(0);
  for (const name of ['fastify', 'redis', 'sharp', 'onnxruntime-node']) {
    expect(asked).toContain(`"${name}"`);
  }
  for (const name of ['vitest', 'typescript']) expect(asked).not.toContain(`"${name}"`);
});

test('a known vulnerability: 1', async () => {
  const advisory = {
    id: 1,
    url: 'https://advisories.example/1',
    title: 'Bad thing',
    severity: 'low',
    vulnerable_versions: '*',
  };
  const { code, output } = await audit(200, { fastify: [advisory] });
  expect(code, output).toBe(1);
  expect(output).toContain('Bad thing');
  expect(output).toContain('audit: production dependencies have known vulnerabilities');
});

test('a registry that does not say: 2', async () => {
  const { code, output } = await audit(405, {});
  expect(code, output).toBe(2);
  expect(output).toContain('responded with 405');
  expect(output).toContain('audit: could not ask');
});
