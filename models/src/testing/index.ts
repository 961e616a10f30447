// What tests of other packages need of this one.
export { node } from '../onnx.ts';
export { type Tiny, tinyModel } from './tiny.ts';
