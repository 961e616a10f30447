// Accuracy on a labelled folder: the parts that compute, then the program itself.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { plain, type Rgb, runProgram, testDataDir } from '@synset/shared/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../src/accuracy/classify.ts';
import { compare } from '../src/accuracy/comparison.ts';
import { figuresOf, shareOf, worstClasses } from '../src/accuracy/figures.ts';
import { readTable } from '../src/accuracy/table.ts';
import { truthOf, truthOfWord } from '../src/accuracy/truth.ts';

const PROGRAM = new URL('../src/accuracy.ts', import.meta.url);
const MODEL_DIR = process.env.SYNSET_TEST_MODEL_DIR ?? 'data/test-models';
const [TABBY, GRANNY_SMITH, STRAWBERRY, ORANGE, LEMON] = [281, 948, 949, 950, 951] as const;

describe('the truth of a photo', () => {
  test.each([
    ['/photos/n02123045_tabby.jpg', TABBY],
    ['/photos/n02123045-1.jpg', TABBY],
    ['/photos/N02123045.JPEG', TABBY],
    ['/photos/ILSVRC2012_val_00000001_n02123045.JPEG', TABBY],
    ['/photos/n02123045/x.jpg', TABBY],
    ['/photos/tabby/x.jpg', TABBY],
    ['/photos/granny_smith/1.png', GRANNY_SMITH],
    ['/lemon/n02123045_1.jpg', TABBY], // the file name goes before the folder's
    ['/lemon/n00000001_1.jpg', LEMON],
  ])('%s', (path, index) => {
    expect(truthOf(path, undefined)).toBe(index);
    expect(truthOf(path, ORANGE)).toBe(ORANGE); // the table goes before all names
  });

  test.each([
    ['/holiday/x.jpg', '"holiday" is no synset and no label'],
    ['/holiday/n00000001.jpg', 'n00000001 is none'],
    ['/holiday/n021230451.jpg', '"holiday"'],
    ['/281/x.jpg', '"281"'], // folders are numbered for many reasons
    ['/crane/x.jpg', 'name n02012849 or n03126707'],
  ])('%s tells none', (path, reason) => {
    expect(truthOf(path, undefined)).toEqual(expect.stringContaining(reason));
  });
});

describe('a table', () => {
  test('names categories by index, synset or label', () => {
    const text = `\uFEFFid,Label,file\r\n1, 281 ,a.jpg\r\n\r\n2,n07749582,"sub\\b, c.jpg"\r\n3,"Granny Smith",./d.jpg\r\n`;
    expect([...readTable(text, 't.csv')]).toEqual([
      ['a.jpg', TABBY],
      ['sub/b, c.jpg', LEMON],
      ['d.jpg', GRANNY_SMITH],
    ]);
    expect(truthOfWord('999')).toBe(999);
  });

  test.each([
    ['name,label\na,1', 't.csv: the first line must name the columns "file" and "label"'],
    ['file,label\na.jpg,1\nb.jpg,1000', 't.csv, line 3: there is no category 1000'],
    ['file,label\na.jpg,unicorn', 't.csv, line 2: "unicorn" is no synset'],
    ['file,label\na.jpg', 't.csv, line 2: a file and a label are expected'],
    ['file,label\na.jpg,', 't.csv, line 2: a file and a label are expected'],
  ])('with a fault is refused, and the line named: %j', (text, message) => {
    expect(() => readTable(text, 't.csv')).toThrow(message);
  });
});

/** The best categories in order; the truth has probability 0.5 when it is the first, else 0.1. */
const answer = (file: string, truth: number, ...best: number[]): Answer => ({
  file,
  truth,
  probability: best[0] === truth ? 0.5 : 0.1,
  top5: best.map((index, i) => ({ index, score: 0.5 / (i + 1) })),
});

const answers = [
  answer('a', 1, 1, 2, 3, 4, 5),
  answer('b', 1, 2, 1, 3, 4, 5),
  answer('c', 1, 2, 3, 4, 5, 6),
  answer('d', 1, 3, 1, 4, 5, 6),
  answer('e', 7, 8, 7, 1, 2, 3),
  answer('f', 9, 9, 7, 1, 2, 3),
];

describe('figures', () => {
  test('top-1, top-5, mean probability of the truth', () => {
    const figures = figuresOf(answers);
    expect(figures).toMatchObject({ photos: 6, top1: { count: 2 }, top5: { count: 5 } });
    expect(figures.meanProbability).toBeCloseTo((2 * 0.5 + 4 * 0.1) / 6);
  });

  test("Wilson's interval", () => {
    // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    const bounds = (count: number, total: number) => {
      const { from, to } = shareOf(count, total);
      return [from.toFixed(4), to.toFixed(4)];
    };
    expect(bounds(81, 263)).toEqual(['0.2553', '0.3662']);
    expect(bounds(15, 148)).toEqual(['0.0624', '0.1605']);
    expect(bounds(0, 20)).toEqual(['0.0000', '0.1611']);
    expect(bounds(1, 29)).toEqual(['0.0061', '0.1718']);
  });

  test('what is mistaken most often, and for what', () => {
    const counts = [
      { index: 2, count: 2 },
      { index: 3, count: 1 },
    ];
    expect(worstClasses(answers)).toEqual([
      { truth: 1, photos: 4, wrong: 3, answers: counts },
      { truth: 7, photos: 1, wrong: 1, answers: [{ index: 8, count: 1 }] },
    ]);
    expect(worstClasses(answers, 1)).toHaveLength(1);
  });

  test('two runs are compared on the photos that both could read', () => {
    const other = [answer('a', 1, 1), answer('b', 1, 1), answer('e', 7, 7), answer('z', 1, 2)];
    const found = compare(answers, other);
    expect(found).toMatchObject({ one: { photos: 3 }, other: { photos: 3 }, top1: 2, top5: 0 });
    expect(found.meanProbability).toBeCloseTo(0.8 / 3);
    expect(found.different).toEqual([
      { file: 'b', truth: 1, one: { index: 2, score: 0.5 }, other: { index: 1, score: 0.5 } },
      { file: 'e', truth: 7, one: { index: 8, score: 0.5 }, other: { index: 7, score: 0.5 } },
    ]);
    expect([found.onlyOne, found.onlyOther]).toEqual([['c', 'd', 'f'], ['z']]);
  });
});

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'synset-accuracy-'));
});

afterAll(() => rm(dir, { recursive: true }));

async function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  const program = runProgram(PROGRAM, { MODEL_DIR, OUT: join(dir, 'out'), ...env }, args);
  return { code: await program.exit, output: program.output() };
}

const results = async (name: string) =>
  JSON.parse(await readFile(join(dir, 'out', `${name}.json`), 'utf8'));

const colours: Record<number, Rgb> = {
  [ORANGE]: [255, 150, 0],
  [LEMON]: [252, 235, 20],
  [GRANNY_SMITH]: [45, 165, 20],
  [STRAWBERRY]: [225, 20, 30],
};

/** Seven photos: one mislabelled, one broken, one that says nothing; and a text. */
async function makeFolder(folder: string): Promise<void> {
  const picture = (index: number, encoding: Parameters<typeof plain>[1]) =>
    plain(colours[index] ?? [0, 0, 0], encoding);
  const jpeg = await picture(ORANGE, 'jpeg');
  const files: Record<string, Buffer | string> = {
    'n07747607_orange.jpg': jpeg,
    'lemon/1.webp': await picture(LEMON, 'webp'),
    'n07742313/1.bmp': await picture(GRANNY_SMITH, 'bmp'),
    'by-table.png': await picture(STRAWBERRY, 'png'),
    'n02123045_no_tabby.gif': await picture(LEMON, 'gif'),
    'n07747607_broken.jpg': jpeg.subarray(0, 200),
    'unknown.tiff': await picture(LEMON, 'tiff'),
    'notes.txt': 'these are no photos',
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

test('measures a folder, names what it leaves out, and compares decoders', async () => {
  const folder = join(dir, 'fruit');
  await makeFolder(folder);
  const labels = join(dir, 'labels.csv');
  await writeFile(labels, 'file,label\nby-table.png,strawberry\ngone.jpg,lemon\n');
  const args = [folder, '--labels', labels, '--against', 'decoder=jimp'];
  const { code, output } = await run(args, { MODEL: 'testcard-int8' });
  expect(code, output).toBe(0);
  expect(output).toContain('accuracy: 100 % of 6 photos');
  expect(output).toContain('| top-1 | 4 (80.0 %) | 37.6 % to 96.4 % |');
  expect(output).toContain('| tabby (n02123045) | 1 | 1 | 1 lemon (n07749582) |');
  expect(output).toContain('| n07747607_broken.jpg | IMAGE_UNREADABLE |');
  expect(output).toContain('| unknown.tiff | "fruit" is no synset');
  expect(output).toContain('Left out: 1 file of no photo format');

  const auto = await results('testcard-int8-auto');
  expect(auto.figures).toMatchObject({ photos: 5, top1: { count: 4 } });
  expect(auto.leftOut).toMatchObject({ noPhotos: ['notes.txt'], missing: ['gone.jpg'] });
  const lemon = auto.answers.find(({ file }: Answer) => file === 'lemon/1.webp');
  expect(lemon).toMatchObject({ truth: LEMON, top5: { 0: { index: LEMON }, length: 5 } });
  expect(lemon.probability).toBe(lemon.top5[0].score);

  const against = await results('testcard-int8-jimp-against-testcard-int8-auto');
  expect(against).toMatchObject({ one: { photos: 4 }, different: [], onlyOne: ['lemon/1.webp'] });
  const jimp = await results('testcard-int8-jimp');
  expect(jimp.unreadable).toContainEqual(
    expect.objectContaining({ file: 'lemon/1.webp', code: 'UNSUPPORTED_FORMAT' }),
  );
});

test('says how it is used, and where there is nothing to measure', async () => {
  expect(await run([])).toMatchObject({ code: 2, output: expect.stringMatching(/^usage: make /) });
  const bad = await run([dir, '--against', 'decoder=magick']);
  expect(bad).toMatchObject({ code: 2, output: expect.stringContaining('DECODER') });
  const unknown = await run(['--bogus']);
  expect(unknown).toMatchObject({ code: 2, output: expect.stringContaining("'--bogus'") });
  const empty = await mkdtemp(join(dir, 'empty-'));
  expect(await run([empty])).toMatchObject({
    code: 1,
    output: expect.stringMatching(/^synset accuracy: .*has no photo that says what it shows/),
  });
});

const title = testDataDir
  ? 'a trained model on real photos'
  : 'a trained model on real photos (skipped: SYNSET_TEST_DATA is not set)';

test.skipIf(!testDataDir)(title, { timeout: 120_000 }, async () => {
  const data = testDataDir ?? '';
  const MODEL = join(dir, 'card.json');
  const file = join(data, 'models', 'imagenet-mobilenetv2.onnx');
  await writeFile(MODEL, JSON.stringify({ name: 'mobilenetv2', file, trained: true }));
  const env = { MODEL, MODEL_DIR: dir, PHOTOS: join(data, 'photos'), AGAINST: 'decoder=jimp' };
  const { code, output } = await run([], env);
  expect(code, output).toBe(0);
  // Found: 60 and 60.
  const expected = JSON.parse(await readFile(join(data, 'photos', 'expected.json'), 'utf8'));
  for (const [decoder, least] of [
    ['auto', 59],
    ['jimp', 58],
  ] as const) {
    const { figures, answers } = await results(`mobilenetv2-${decoder}`);
    expect(figures.photos).toBe(expected.photos.length);
    expect(figures.top1.count).toBeGreaterThanOrEqual(least);
    const known = expected.photos.map(({ file, index }: { file: string; index: number }) => [
      file,
      index,
    ]);
    expect(answers.map(({ file, truth }: Answer) => [file, truth])).toEqual(known);
  }
});
