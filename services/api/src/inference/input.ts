// The input tensor of an inference request, as photos that can be queued.
import { createHash } from 'node:crypto';
import { PIXELS_BYTES, PIXELS_SIDE, Problem, problems } from '@synset/shared';
import type { ApiConfig } from '../config.ts';
import { inspectPhoto, type Picture } from '../photo.ts';
import { invalid, quote } from '../request.ts';
import { IMAGE, MAX_PHOTOS, PIXELS, type RequestInput } from '../schemas/inference.ts';
import { emptyFile, tooLarge } from '../upload.ts';
import type { InferBody } from './body.ts';

/** Throws the problems of the tensor, and those of its photos with their number. */
export function readPhotos({ request, binary }: InferBody, config: ApiConfig): Picture[] {
  const [input] = request.inputs;
  const data = binaryData(input, binary);
  if (input.name === PIXELS) return readPixels(input, data);
  if (input.name !== IMAGE) {
    throw invalid(`There is no input ${quote(input.name)}: it is "${IMAGE}" or "${PIXELS}".`);
  }
  return readFiles(input, data).map((image, i) => {
    try {
      return inspectFile(image, config);
    } catch (error) {
      throw ofPhoto(error, i);
    }
  });
}

/** Says which of the photos a problem is about; those of the service are about none. */
export function ofPhoto(error: unknown, index: number): unknown {
  if (!(error instanceof Problem) || problems[error.code].status >= 500) return error;
  return new Problem(error.code, `Photo ${index}: ${error.message}`);
}

function inspectFile(image: Buffer, config: ApiConfig): Picture {
  if (image.length === 0) throw emptyFile();
  if (image.length > config.MAX_UPLOAD_BYTES) throw tooLarge(config.MAX_UPLOAD_BYTES);
  return inspectPhoto(image, config.MAX_PIXELS);
}

/** Null where the data is in the JSON. */
function binaryData({ parameters, data }: RequestInput, binary: Buffer): Buffer | null {
  const size = parameters?.binary_data_size;
  if (size === undefined && binary.length === 0) return null;
  if (data !== undefined) throw invalid('The input has data both as JSON and as binary data.');
  if (size === binary.length) return binary;
  throw invalid(
    `binary_data_size of the input is ${size ?? 'not given'}, and ${binary.length} bytes follow the JSON.`,
  );
}

/** The number of photos. `rest`: all dimensions but the first, as they may be. */
function countOf(input: RequestInput, datatype: string, ...rest: string[]): number {
  const { name, shape } = input;
  if (input.datatype !== datatype) {
    throw invalid(`Input "${name}" has datatype ${datatype}, not ${quote(input.datatype)}.`);
  }
  const [n = 0, ...others] = shape;
  if (!rest.includes(`${others}`)) {
    const expected = rest.map((dimensions) => `[${dimensions ? `n,${dimensions}` : 'n'}]`);
    throw invalid(
      `Input "${name}" has shape ${expected.join(' or ')}, not [${shape.slice(0, 8)}].`,
    );
  }
  if (n >= 1 && n <= MAX_PHOTOS) return n;
  throw invalid(`A request has 1 to ${MAX_PHOTOS} photos, not ${n}.`);
}

function readFiles(input: RequestInput, data: Buffer | null): Buffer[] {
  const n = countOf(input, 'BYTES', '', '1');
  const files = data ? splitElements(data, n) : flat(input).map(fromBase64);
  if (files.length === n) return files;
  throw invalid(`The shape has ${n} photos, and the data ${files.length}.`);
}

/** Each begins with its length. */
function splitElements(data: Buffer, n: number): Buffer[] {
  const elements: Buffer[] = [];
  for (let at = 0; at < data.length; ) {
    const start = at + 4;
    const end = start <= data.length ? start + data.readUInt32LE(at) : start;
    if (end > data.length || elements.length === n) {
      throw invalid(`The binary data is not ${n} elements, each behind its length in 4 bytes.`);
    }
    elements.push(data.subarray(start, end));
    at = end;
  }
  return elements;
}

/** The protocol leaves open how bytes are told in JSON; base64 is what its clients do. */
function fromBase64(text: unknown, index: number): Buffer {
  const bytes = Buffer.from(typeof text === 'string' ? text : '', 'base64');
  // Node skips what is no base64.
  const digits = typeof text === 'string' ? text.replace(/={1,2}$/, '').length : Number.NaN;
  if (bytes.length === Math.floor((digits * 3) / 4)) return bytes;
  throw invalid(`Photo ${index}: data must be a string in base64.`);
}

function readPixels(input: RequestInput, data: Buffer | null): Picture[] {
  const side = PIXELS_SIDE;
  const n = countOf(input, 'UINT8', `${side},${side},3`);
  const pixels = data ?? fromNumbers(flat(input));
  if (pixels.length !== n * PIXELS_BYTES) {
    throw invalid(`The shape has ${n * PIXELS_BYTES} bytes, and the data ${pixels.length}.`);
  }
  return Array.from({ length: n }, (_, i) => {
    const image = pixels.subarray(i * PIXELS_BYTES, (i + 1) * PIXELS_BYTES);
    // Other than that of a photo with these bytes, whose answer is another one.
    const sha256 = createHash('sha256').update('rgb224').update(image).digest('hex');
    return { image, format: 'rgb224', width: side, height: side, orientation: 1, sha256 };
  });
}

/** As deep as its shape may be nested. */
function flat({ name, data, shape }: RequestInput): unknown[] {
  if (!Array.isArray(data)) throw invalid(`Input ${quote(name)} has no data.`);
  // Clients send it flat, and `flat` would take as long as parsing did.
  return Array.isArray(data[0]) ? data.flat(shape.length - 1) : data;
}

function fromNumbers(numbers: unknown[]): Buffer {
  const bytes = Buffer.from(numbers as number[]);
  for (let i = 0; i < bytes.length; i++) {
    if (numbers[i] === bytes[i]) continue;
    throw invalid(`Element ${i} of the pixels is no whole number from 0 to 255.`);
  }
  return bytes;
}
