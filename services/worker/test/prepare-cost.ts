// What preparing and checking a model takes, as a worker does it at its first start:
// node services/worker/test/prepare-cost.ts MODEL
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '@synset/models';

const [model = 'testcard', folder] = process.argv.slice(2);
const check = new URL('../src/backend/check-prepared.ts', import.meta.url);

/** A folder given by a second argument holds the model already, so that making it is not counted. */
const modelDir = folder ?? (await mkdtemp(join(tmpdir(), 'synset-cost-')));
await rm(join(modelDir, 'prepared'), { recursive: true, force: true });
const started = performance.now();
const { prepared } = await loadModel(model, modelDir, { check });
const seconds = ((performance.now() - started) / 1000).toFixed(1);
const peak = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(`${model}: prepared ${prepared}, ${seconds} s, peak ${peak} MB\n`);
if (!folder) await rm(modelDir, { recursive: true });
