// What the figures mean nothing without: machine, versions, model, photos.
import { clock } from './progress.ts';
import type { Report } from './results.ts';

export function machineRows({ machine, model, ...report }: Report): string[][] {
  return [
    ['CPU', `${machine.cpu}, ${machine.cores} cores`],
    ['instruction sets', machine.instructionSets.join(' ')],
    ['memory', `${machine.memoryGb} GB`],
    ['kernel', machine.kernel],
    ['Node', machine.node],
    ['ONNX Runtime', machine.onnxruntime],
    ['sharp', machine.sharp],
    ['Redis', machine.redis],
    ['model', `${model.name}, ${model.trained ? 'trained' : 'not trained'}`],
    ['model’s SHA-256', model.sha256],
    ['service', report.url ?? 'started for the test, as make run starts it, without a cache'],
    ['command', report.command],
    ['took', `${clock(report.seconds)} minutes`],
  ];
}

export function photoText({ photos, runs, runSeconds }: Report): string {
  const sizes = photos.map(
    ({ name, share, kb }) => `${Math.round(share * 12)} of ${name} (${kb} kB)`,
  );
  return `Real photos, of every twelve ${sizes.join(', ')}; no two requests have the same bytes. ${runs} runs of each load, of ${runSeconds} s each after a warm-up, with the other loads between them.`;
}
