// Chooses between the float and the int8 form of a model by what the CPU can do.
import { readFileSync } from 'node:fs';

/** Without int8 dot products the int8 models are no faster than the float ones, only less exact. */
const INT8_FLAGS = new Set(['avx512_vnni', 'avx_vnni', 'amx_int8', 'asimddp']);

/** Whether the text of a /proc/cpuinfo (x86 `flags`, Arm `Features`) names int8 dot products. */
export function namesInt8DotProducts(cpuinfo: string): boolean {
  return cpuinfo.split(/\s+/).some((word) => INT8_FLAGS.has(word));
}

function hasInt8DotProducts(): boolean {
  try {
    return namesInt8DotProducts(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

/** The catalogue name of the trained model that suits this CPU. */
export function defaultModelName(): string {
  return hasInt8DotProducts() ? 'resnet50-v1-12-int8' : 'resnet50-v1-12';
}

/** The catalogue name of the test card that suits this CPU. */
export function defaultTestCardName(): string {
  return hasInt8DotProducts() ? 'testcard-int8' : 'testcard';
}
