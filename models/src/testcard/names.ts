// Names and attributes that the two forms of the test card share with resnet50-v1-12.
import type { ConvLayer } from './architecture.ts';

export const INPUT = 'data';
export const PREFIX = 'resnetv17_';
export const POOL = `${PREFIX}pool1_fwd`;
export const DENSE = `${PREFIX}dense0`;
export const OUTPUT = `${DENSE}_fwd`;
export const CATEGORIES = 1000;

/** Such as `resnetv17_stage1_conv0`. */
export function layerName(layer: Pick<ConvLayer, 'scope' | 'number'>, kind: string): string {
  return `${PREFIX}${layer.scope}${kind}${layer.number}`;
}

export function convAttributes({ kernel, stride }: ConvLayer): Record<string, number | number[]> {
  const pad = (kernel - 1) / 2;
  return {
    dilations: [1, 1],
    group: 1,
    kernel_shape: [kernel, kernel],
    pads: [pad, pad, pad, pad],
    strides: [stride, stride],
  };
}

export const MAX_POOL = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] };
export const GEMM = { alpha: { float: 1 }, beta: { float: 1 }, transA: 0, transB: 1 };
