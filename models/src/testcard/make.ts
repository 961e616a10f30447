// Makes the file of a test card once and reuses it.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../files.ts';
import { FLOAT, type Graph, ModelProto, valueInfo } from '../onnx.ts';
import { walkResnet50 } from './architecture.ts';
import { FloatEmitter } from './float.ts';
import { Int8Emitter } from './int8.ts';
import { CATEGORIES, INPUT, OUTPUT } from './names.ts';

/** Part of the file name: a change of the exporter must raise it, lest an old file be reused. */
const EXPORTER_VERSION = 1;

/**
 * Makes the test card `name` in `modelDir` unless it is there.
 * @returns the path of the ONNX file, such as `testcard-int8-1.onnx`
 */
export async function makeTestCard(name: string, modelDir: string): Promise<string> {
  const path = join(modelDir, `${name}-${EXPORTER_VERSION}.onnx`);
  try {
    await access(path);
  } catch {
    await writeWhole(path, encodeTestCard(name === 'testcard-int8' ? 'int8' : 'float'));
  }
  return path;
}

function encodeTestCard(form: 'float' | 'int8'): Uint8Array {
  const parts = form === 'int8' ? int8Parts() : floatParts();
  const graph = {
    ...parts,
    name: 'testcard',
    input: [valueInfo(INPUT, FLOAT, ['N', 3, 224, 224])],
    output: [valueInfo(OUTPUT, FLOAT, ['N', CATEGORIES])],
  };
  // The original is opset 12, IR 4; scales per channel need opset 13, and with it IR 7.
  const [irVersion, opset] = form === 'int8' ? [7, 13] : [4, 12];
  return ModelProto.encode({
    irVersion,
    producerName: 'synset-testcard',
    producerVersion: String(EXPORTER_VERSION),
    opsetImport: [{ domain: '', version: opset }],
    graph,
  }).finish();
}

function floatParts(): Pick<Graph, 'node' | 'initializer'> {
  const emitter = new FloatEmitter();
  walkResnet50(emitter, INPUT);
  return { node: emitter.node, initializer: emitter.initializer };
}

function int8Parts(): Pick<Graph, 'node' | 'initializer'> {
  const emitter = new Int8Emitter();
  walkResnet50(emitter, emitter.start());
  return { node: emitter.node, initializer: emitter.initializer };
}
