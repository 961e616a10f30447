// Makes the file of a test card once and reuses it.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../files.ts';
import { withLock } from '../lock.ts';
import { FLOAT, ModelProto, type Node, type Tensor, valueInfo } from '../onnx.ts';
import { walkResnet50 } from './architecture.ts';
import { FloatEmitter } from './float.ts';
import { Int8Emitter } from './int8.ts';
import { CATEGORIES, INPUT, OUTPUT } from './names.ts';
import { MICROSOFT, QOperatorEmitter } from './qoperator.ts';

/** Part of the file name: a change of the exporter must raise it, lest an old file be reused. */
const EXPORTER_VERSION = 1;

/**
 * Makes the test card `name` in `modelDir` unless it is there.
 * @returns the path of the ONNX file, such as `testcard-int8-1.onnx`
 */
export async function makeTestCard(name: string, modelDir: string): Promise<string> {
  const path = join(modelDir, `${name}-${EXPORTER_VERSION}.onnx`);
  if (await isThere(path)) return path;
  await withLock(`${path}.lock`, async () => {
    if (!(await isThere(path))) await writeWhole(path, encodeTestCard(name));
  });
  return path;
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

type Parts = { node: Node[]; initializer: Tensor[] };

/** How a form is walked, and which versions it declares. */
interface Form {
  parts(): Parts;
  irVersion: number;
  opset: number;
}

// The original is opset 12, IR 4; scales per channel in QDQ need opset 13, and with it IR 7.
const FORMS: Record<string, Form> = {
  testcard: { parts: floatParts, irVersion: 4, opset: 12 },
  'testcard-int8': { parts: () => quantizedParts(new Int8Emitter()), irVersion: 7, opset: 13 },
  'testcard-qop': { parts: () => quantizedParts(new QOperatorEmitter()), irVersion: 4, opset: 12 },
};

function encodeTestCard(name: string): Uint8Array {
  const form = FORMS[name];
  if (!form) throw new Error(`no test card ${name}`);
  const { node, initializer } = form.parts();
  const microsoft = node.some(({ domain }) => domain) ? [{ domain: MICROSOFT, version: 1 }] : [];
  const graph = {
    node,
    initializer,
    name: 'testcard',
    input: [valueInfo(INPUT, FLOAT, ['N', 3, 224, 224])],
    output: [valueInfo(OUTPUT, FLOAT, ['N', CATEGORIES])],
  };
  return ModelProto.encode({
    irVersion: form.irVersion,
    producerName: 'synset-testcard',
    producerVersion: String(EXPORTER_VERSION),
    opsetImport: [{ domain: '', version: form.opset }, ...microsoft],
    graph,
  }).finish();
}

function floatParts(): Parts {
  const emitter = new FloatEmitter();
  walkResnet50(emitter, INPUT);
  return { node: emitter.node, initializer: emitter.initializer };
}

function quantizedParts(emitter: Int8Emitter | QOperatorEmitter): Parts {
  walkResnet50(emitter, emitter.start());
  return { node: emitter.node, initializer: emitter.initializer };
}
