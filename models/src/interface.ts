// The names of a prepared model's input and outputs.

/** Input: uint8, [n, 224, 224, 3], RGB. */
export const PIXELS = 'pixels';
/** Output: float32, [n, 1000]. */
export const PROBABILITIES = 'probabilities';
/** Output where the graph ends in global average pooling: float32, [n, channels, 7, 7]. */
export const FEATURE_MAP = 'feature_map';
