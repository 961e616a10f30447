// Makes and checks what a worker loads, so that workers need not write into the model folder.
import { loadModel } from '@synset/models';
import { settingsOrExit } from '@synset/shared';
import { readConfig } from './config.ts';
import { CHECK } from './pipeline.ts';

// onnxruntime-node reports usage on Linux too unless the environment of the process says no.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

const { MODEL, MODEL_DIR } = settingsOrExit('synset prepare', readConfig);
try {
  const { card, path, reason } = await loadModel(MODEL, MODEL_DIR, { check: CHECK });
  const how = reason ? `served as it was exported: ${reason}` : 'prepared and checked';
  process.stdout.write(`${card.name}: ${how}, ${path}\n`);
} catch (error) {
  process.stderr.write(`synset prepare: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
