// A client of the Open Inference Protocol, as far as the tests need one.
import type { TestApi } from './api.ts';

export interface Tensor {
  name: string;
  datatype: string;
  shape: number[];
  parameters?: Record<string, unknown>;
  data?: unknown[];
}

export interface InferAnswer {
  error: string;
  id: string;
  model_name: string;
  model_version: string;
  parameters?: { models: string };
  outputs: Tensor[];
}

export const image = (...photos: Buffer[]): Tensor => ({
  name: 'image',
  datatype: 'BYTES',
  shape: [photos.length],
  data: photos.map((photo) => photo.toString('base64')),
});

export const best = (classification: number, parameters = {}) => [
  { name: 'probabilities', parameters: { classification, ...parameters } },
];

export const inferUrl = (api: TestApi, model = 'fake') => `${api.url}/v2/models/${model}/infer`;

export async function infer(api: TestApi, request: unknown, init: RequestInit = {}) {
  const body = typeof request === 'string' ? request : JSON.stringify(request);
  const response = await fetch(inferUrl(api), { method: 'POST', body, ...init });
  return { status: response.status, headers: response.headers, ...(await split(response)) };
}

/** Elements of BYTES as binary data. */
export const elements = (...photos: Buffer[]): Buffer =>
  Buffer.concat(
    photos.flatMap((photo) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(photo.length);
      return [length, photo];
    }),
  );

/** Sends the one input's data behind the JSON. */
export async function inferBinary(
  api: TestApi,
  { data, ...input }: Tensor,
  binary: Buffer,
  rest = {},
) {
  const parameters = { binary_data_size: binary.length, ...input.parameters };
  const json = Buffer.from(JSON.stringify({ inputs: [{ ...input, parameters }], ...rest }));
  const body = new Uint8Array(Buffer.concat([json, binary]));
  const headers = { 'inference-header-content-length': `${json.length}` };
  return await infer(api, null, { body, headers });
}

async function split(response: Response) {
  const bytes = Buffer.from(await response.arrayBuffer());
  const length = Number(response.headers.get('inference-header-content-length') ?? bytes.length);
  const body = JSON.parse(bytes.toString('utf8', 0, length)) as InferAnswer;
  return { body, output: body.outputs?.[0], binary: bytes.subarray(length) };
}
