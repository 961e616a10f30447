// What class activation maps cost: MODEL_DIR=... node services/worker/test/explain-cost.ts MODEL TURNS
// FILE... prints, as JSON, the milliseconds of each photo in each turn, decoding and inference
// together, one photo after the other: explained and then not, as a pair.
import { silentLog } from '@synset/shared/testing';
import { readPhoto } from '../src/accuracy/photo.ts';
import { readConfig } from '../src/config.ts';
import type { Photo } from '../src/decoder/geometry.ts';
import { startPipeline } from '../src/pipeline.ts';

const WARM_UP_TURNS = 5;

const [MODEL, turns, ...files] = process.argv.slice(2);
const pipeline = await startPipeline(readConfig({ ...process.env, MODEL }), silentLog);
const photos = await Promise.all(files.map(readPhoto));

async function time(photo: Photo, explain: boolean): Promise<number> {
  const started = performance.now();
  const { grids } = await pipeline.classify(photo, { explain });
  if ((grids !== null) !== explain) throw new Error('explained otherwise than asked for');
  return performance.now() - started;
}

const times: { first: number; second: number }[] = [];
for (let turn = -WARM_UP_TURNS; turn < Number(turns); turn++) {
  for (const [i, photo] of photos.entries()) {
    // Every other pair the other way round: whoever comes second has warmer caches.
    const before = (turn + i) % 2 === 0 ? await time(photo, false) : undefined;
    const first = await time(photo, true);
    const second = before ?? (await time(photo, false));
    if (turn >= 0) times.push({ first, second });
  }
}
await pipeline.close();
process.stdout.write(`${JSON.stringify(times)}\n`);
