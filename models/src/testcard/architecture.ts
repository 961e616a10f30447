// Gluon's ResNet-50 v1 as a walk over layers; what a layer becomes is the emitter's business.
//
// Gluon puts the stride of a stage in its first 1x1 convolution (others use the 3x3 one), and gives
// a bias to the 1x1 convolutions of the bottleneck but to no other convolution.

/** A convolution with its batch normalization and, where `relu`, its ReLU. Zero unless set by hand. */
export interface ConvLayer {
  /** Where the layer stands: '' for the first, else `stage1_` to `stage4_`. */
  scope: string;
  /** Number of the convolution and its normalization within the scope. */
  number: number;
  /** Number of the ReLU within the scope; none for the last of a branch. */
  relu?: number;
  role: 'first' | 'body' | 'projection';
  inputs: number;
  outputs: number;
  kernel: number;
  stride: number;
  bias: boolean;
}

/** Makes the nodes of one form of the model; every method returns the name of its output. */
export interface Emitter {
  conv(layer: ConvLayer, input: string): string;
  maxPool(input: string): string;
  /** Adds shortcut and residual, then ReLU. */
  join(scope: string, block: number, shortcut: string, residual: string): string;
  /** Global average pooling and the dense layer. */
  head(input: string): void;
}

/** Channels of the last feature map. */
export const FEATURES = 2048;

const STAGES = [
  { blocks: 3, outputs: 256, stride: 1 },
  { blocks: 4, outputs: 512, stride: 2 },
  { blocks: 6, outputs: 1024, stride: 2 },
  { blocks: 3, outputs: FEATURES, stride: 2 },
];

const FIRST: ConvLayer = {
  scope: '',
  number: 0,
  relu: 0,
  role: 'first',
  inputs: 3,
  outputs: 64,
  kernel: 7,
  stride: 2,
  bias: false,
};

/** Walks the 53 convolutions, 16 joins and the head in the order in which they run. */
export function walkResnet50(emitter: Emitter, input: string): void {
  let x = emitter.maxPool(emitter.conv(FIRST, input));
  let channels = FIRST.outputs;
  STAGES.forEach((stage, index) => {
    const scope = `stage${index + 1}_`;
    for (let block = 0; block < stage.blocks; block++) {
      const shape = { inputs: channels, outputs: stage.outputs, stride: stage.stride };
      x = bottleneck(emitter, scope, block, x, shape);
      channels = stage.outputs;
    }
  });
  emitter.head(x);
}

type Shape = Pick<ConvLayer, 'inputs' | 'outputs' | 'stride'>;

function bottleneck(e: Emitter, scope: string, block: number, x: string, shape: Shape): string {
  const narrow = shape.outputs / 4;
  const projects = block === 0;
  const stride = projects ? shape.stride : 1;
  // The first block has a fourth convolution, the projection.
  const number = projects ? 0 : 3 * block + 1;
  const relu = 2 * block;
  const body = { scope, role: 'body', stride: 1, kernel: 1, bias: true } as const;
  let y = e.conv({ ...body, ...shape, number, relu, outputs: narrow, stride }, x);
  const middle = { kernel: 3, bias: false, inputs: narrow, outputs: narrow };
  y = e.conv({ ...body, ...middle, number: number + 1, relu: relu + 1 }, y);
  y = e.conv({ ...body, number: number + 2, inputs: narrow, outputs: shape.outputs }, y);
  if (!projects) return e.join(scope, block, x, y);
  const projection = { ...shape, role: 'projection', kernel: 1, bias: false } as const;
  return e.join(scope, block, e.conv({ scope, number: 3, ...projection }, x), y);
}
