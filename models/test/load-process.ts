// Loads a model in a process of its own: node load-process.ts MODEL MODEL_DIR.
import { loadModel } from '../src/index.ts';

const [model = '', modelDir = ''] = process.argv.slice(2);
const check = new URL('./counting-check.ts', import.meta.url);
const loaded = await loadModel(model, modelDir, { check });
process.stdout.write(loaded.path);
