// Prints the table of models/README.md: SYNSET_TEST_DATA=folder node services/worker/test/parity-table.ts
import { Decoder } from '../src/decoder/decoder.ts';
import { measure, type Row } from './parity.ts';
import { alternatives, asIs } from './ways.ts';

const data = process.env.SYNSET_TEST_DATA;
if (!data) throw new Error('SYNSET_TEST_DATA must name a folder with photos and models');

const limits = { maxPixels: 50_000_000, maxDecodePixels: 60_000_000 };
const sharp = await Decoder.create({ decoder: 'sharp', ...limits });
const jimp = await Decoder.create({ decoder: 'jimp', ...limits });
const ways = {
  '**sharp as the worker uses it**': asIs(sharp),
  '**jimp as the worker uses it**': asIs(jimp),
  ...alternatives,
};

const print = (text: string): boolean => process.stdout.write(`${text}\n`);

const sizes = [
  { title: 'as they are' },
  { title: 'enlarged to 2 megapixels, every 3rd', megapixels: 2, every: 3 },
  { title: 'enlarged to 12 megapixels, every 10th', megapixels: 12, every: 10 },
];

const line = (name: string, row: Row): string =>
  [
    name,
    row.pixels.toFixed(2),
    `${row.sameTop1} of ${row.photos}`,
    `${row.mean.toFixed(4)} / ${row.max.toFixed(3)}`,
    `${row.expectedTop1}, ${row.expectedMean.toFixed(4)}`,
    row.ms.toFixed(0),
  ].join(' | ');

for (const { title, ...size } of sizes) {
  print(`\n| ${title} | pixels | top-1 | probability, mean / max | expected.json | ms |`);
  print('| --- | --- | --- | --- | --- | --- |');
  const rows = await measure({ data, ...size }, ways);
  for (const [name, row] of Object.entries(rows)) print(`| ${line(name, row)} |`);
}
await Promise.all([sharp.close(), jimp.close()]);
