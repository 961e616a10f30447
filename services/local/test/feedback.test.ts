// The data set of what users said, as a person makes it.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FeedbackStore } from '@synset/shared';
import { plain } from '@synset/shared/testing';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { exportFeedback } from '../src/feedback/export.ts';
import { DataFolder } from '../src/feedback/folder.ts';
import { lockFolder } from '../src/lock.ts';
import { runCommand, says, temporaryFolder } from './command.ts';
import {
  complains,
  digest,
  filesIn,
  JACK_O_LANTERN,
  photoOf,
  TABBY,
  TestFeedback,
  TIGER_CAT,
} from './feedback-data.ts';

const A = photoOf('a');
const B = photoOf('b');
const C = photoOf('c');

const LIST = 'feedback.jsonl';
const TABLE = 'metadata.csv';
const HEAD =
  'file_name,entry,id,at,correct,predicted_index,predicted_synset,predicted_label,predicted_score,label_index,label_synset,label,comment,model,trained,photo_sha256';

let feedback: TestFeedback;
let folder: string;

beforeEach(async () => {
  feedback = await TestFeedback.open();
  folder = join(await temporaryFolder(), "it's a set");
});

afterEach(() => feedback.close());

const run = (command: string) => feedback.run([command, folder]);
const fileOf = ({ synset }: { synset: string }, photo: Buffer, format = 'jpeg') =>
  `${synset}/${digest(photo)}.${format}`;
const photosIn = async () =>
  Object.keys(await filesIn(folder)).filter((file) => file.includes('/'));
const rows = async () => (await readFile(join(folder, TABLE), 'utf8')).split('\r\n').slice(1, -1);

async function exported(): Promise<string> {
  const { code, stdout, stderr } = await run('export');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('export', () => {
  test('sorts photos into folders of what they show, and lists all that was said', async () => {
    const png = await plain([1, 2, 3], 'png');
    await feedback.say('right', A);
    await feedback.say('wrong', B, { label: TIGER_CAT.index, comment: 'stripes, "many"' });
    await feedback.say('png', png, { label: JACK_O_LANTERN.index });
    await feedback.say('without', C, {}, false);
    expect(await run('export')).toEqual(
      says(
        `${folder}: 3 photos in 3 folders (3 new, 0 moved, 0 removed)`,
        `${folder}/metadata.csv: 4 rows of feedback`,
        'left out: 1 photo: was left with no feedback',
      ),
    );
    const { [LIST]: list, [TABLE]: table, ...photos } = await filesIn(folder);
    expect(photos).toEqual({
      [fileOf(TABBY, A)]: A,
      [fileOf(TIGER_CAT, B)]: B,
      [fileOf(JACK_O_LANTERN, png, 'png')]: png,
    });
    expect(`${list}`.split('\n')).toHaveLength(5);
    const [one] = await feedback.store.latest(4).then((latest) => latest.slice(-1));
    const [head, first, second, third, fourth] = `${table}`.split('\r\n');
    expect(head).toBe(HEAD);
    const model = 'resnet50-v1-12-int8,true';
    expect(first).toBe(
      `${fileOf(TABBY, A)},${one?.entry},right,${one?.at},true,281,n02123045,tabby,0.87,281,n02123045,tabby,,${model},${digest(A)}`,
    );
    expect(second).toContain(',wrong,');
    expect(second).toContain(
      `false,281,n02123045,tabby,0.87,282,n02123159,tiger cat,"stripes, ""many""",`,
    );
    expect(third).toContain(",607,n03590841,jack-o'-lantern,,");
    expect(fourth).toMatch(/^,.*,without,/);
  });

  test('of nothing is an empty data set, and the beginning of one', async () => {
    const nothing = `${folder}: 0 photos in 0 folders (0 new, 0 moved, 0 removed)`;
    const said = says(nothing, `${folder}/metadata.csv: 0 rows of feedback`);
    expect(await run('export')).toEqual(said);
    expect(await filesIn(folder)).toEqual({
      [LIST]: Buffer.from(''),
      [TABLE]: Buffer.from(`${HEAD}\r\n`),
    });
    expect(await run('export')).toEqual(said);
  });

  test('takes the last word on a photo', async () => {
    await feedback.say('1', A);
    await feedback.say('2', A, { label: TIGER_CAT.index }, false);
    await feedback.say('3', B, { label: TIGER_CAT.index });
    await feedback.say('4', B);
    expect(await exported()).toContain('2 photos in 2 folders');
    expect(await photosIn()).toEqual([fileOf(TABBY, B), fileOf(TIGER_CAT, A)]);
    expect((await rows()).map((row) => row.split(',')[0])).toEqual([
      ...[fileOf(TIGER_CAT, A), fileOf(TIGER_CAT, A), fileOf(TABBY, B), fileOf(TABBY, B)],
    ]);
  });

  test('and where that is only "wrong", it takes back only what it denies', async () => {
    await feedback.say('1', A);
    await feedback.say('2', A, { correct: false, label: null });
    await feedback.say('3', B, { label: TIGER_CAT.index });
    await feedback.say('4', B, { correct: false, label: null });
    const said = await exported();
    expect(said).toContain('left out: 1 photo: nobody has named its category\n');
    expect(await photosIn()).toEqual([fileOf(TIGER_CAT, B)]);
  });

  test('says which photos it has not, and why', async () => {
    await feedback.say('1', A);
    await feedback.say('2', B);
    await feedback.say('3', photoOf('d'), { correct: false });
    await feedback.say('4', photoOf('e'), { correct: false });
    await feedback.redis.hDel(feedback.keys.feedbackPhotos, digest(A));
    await feedback.redis.hSet(feedback.keys.feedbackPhotos, digest(B), photoOf('x'));
    const said = await exported();
    expect(said.split('\n').slice(2)).toEqual([
      'left out: 1 photo: is no longer in Redis',
      'left out: 1 photo: is not what it was when it was judged',
      'left out: 2 photos: nobody has named its category',
      '',
    ]);
    expect(await photosIn()).toEqual([]);
    expect(await rows()).toHaveLength(4);
  });

  test('lets no comment be more than text', async () => {
    const comments = [
      '=1+1',
      '+1',
      '-1',
      '@a',
      '<script>alert(1)</script>',
      '"a",b',
      'two\nlines',
      '\u2028',
    ];
    for (const comment of comments) await feedback.say(comment, A, { comment }, false);
    await exported();
    await exported(); // what was written is read again
    const table = await readFile(join(folder, TABLE), 'utf8');
    const shown = [
      "'=1+1",
      "'+1",
      "'-1",
      "'@a",
      comments[4],
      '"""a"",b"',
      '"two\nlines"',
      '\u2028',
    ];
    for (const text of shown) expect(table).toContain(`,${text},resnet50`);
  });
});

describe('export again', () => {
  test('fetches nothing twice', async () => {
    await feedback.say('1', A);
    await exported();
    const path = join(folder, fileOf(TABBY, A));
    const before = await stat(path);
    await feedback.say('2', B);
    expect(await exported()).toContain('2 photos in 1 folder (1 new, 0 moved, 0 removed)');
    expect(await stat(path)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  test('moves a photo of which another thing was said, on the same prediction or on another', async () => {
    await feedback.say('1', A);
    await feedback.say('2', B);
    await exported();
    await feedback.say('1', A, { label: TIGER_CAT.index });
    await feedback.say('3', B, { label: TIGER_CAT.index }, false);
    expect(await exported()).toContain('2 photos in 1 folder (0 new, 2 moved, 0 removed)');
    expect(await photosIn()).toEqual([fileOf(TIGER_CAT, A), fileOf(TIGER_CAT, B)].sort());
    expect((await rows()).map((row) => row.split(',')[2])).toEqual(['2', '1', '3']);
  });

  test('removes a photo that nobody knows any more, but never the only copy', async () => {
    await feedback.say('1', A);
    await feedback.say('2', B);
    await exported();
    await feedback.store.remove([(await feedback.store.latest(1))[0]?.entry ?? '']);
    for (const [id, photo] of [
      ['3', A],
      ['4', B],
    ] as const) {
      await feedback.say(id, photo, { correct: false }, false);
    }
    const said = await exported();
    expect(said).toContain('1 photo in 1 folder (0 new, 0 moved, 1 removed)');
    expect(said).toContain('left out: 1 photo: stays where it was: said to show something else');
    expect(await photosIn()).toEqual([fileOf(TABBY, B)]);
  });

  test('keeps what was removed from Redis meanwhile', async () => {
    await feedback.say('1', A);
    await exported();
    expect((await run('clear')).stdout).toBe('removed from Redis: 1\n');
    await feedback.say('2', B);
    expect(await exported()).toContain('2 photos in 1 folder (1 new');
    expect(await rows()).toHaveLength(2);
    await feedback.say('1', A, { label: TIGER_CAT.index }, false);
    expect(await exported()).toContain('2 photos in 2 folders (0 new, 1 moved');
    expect(await rows()).toHaveLength(2);
  });
});

describe('what is not ours', () => {
  test('a folder with other files is left as it is', async () => {
    await mkdir(folder);
    await writeFile(join(folder, TABLE), 'mine');
    await feedback.say('1', A);
    const line = `${folder} holds other files: name a new folder, or that of an export`;
    for (const command of ['export', 'clear', 'clear-all']) {
      expect(await run(command)).toEqual(complains(1, line));
    }
    expect(await filesIn(folder)).toEqual({ [TABLE]: Buffer.from('mine') });
    expect(await feedback.ids()).toEqual(['1']);
  });

  test('files that were laid into ours stay', async () => {
    await exported();
    const mine = {
      'notes.txt': 'mine',
      'n02123045/x.jpeg': 'mine',
      [fileOf(TIGER_CAT, B)]: 'mine',
    };
    for (const [name, content] of Object.entries(mine)) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    await feedback.say('1', A);
    await exported();
    const files = await filesIn(folder);
    for (const name of Object.keys(mine)) expect(`${files[name]}`).toBe('mine');
    expect(files[fileOf(TABBY, A)]).toEqual(A);
  });

  test('links are not followed', async () => {
    await exported();
    const elsewhere = await temporaryFolder();
    const target = join(elsewhere, 'mine');
    await writeFile(target, 'mine');
    await symlink(elsewhere, join(folder, TIGER_CAT.synset));
    await mkdir(join(folder, TABBY.synset));
    await symlink(target, join(folder, fileOf(TABBY, A)));
    await rm(join(folder, TABLE));
    await symlink(target, join(folder, TABLE));
    await symlink(target, join(folder, '.feedback.tmp'));
    await feedback.say('1', A);
    await feedback.say('2', B, { label: TIGER_CAT.index });
    const said = await exported();
    expect(said).toContain('left out: 2 photos: something else has its place in the folder');
    expect(await readdir(elsewhere)).toEqual(['mine']);
    expect(await readFile(target, 'utf8')).toBe('mine');
    expect(await rows()).toHaveLength(2);
  });

  test('a list that is not ours', async () => {
    await mkdir(folder);
    await writeFile(join(folder, LIST), '{"some":"thing"}\n');
    await feedback.say('1', A);
    const line = `${folder}/${LIST}, line 1: is not of make feedback`;
    for (const command of ['export', 'clear']) {
      expect(await run(command)).toEqual(complains(1, line));
    }
    expect(await filesIn(folder)).toEqual({ [LIST]: Buffer.from('{"some":"thing"}\n') });
  });
});

describe('an export that breaks off', () => {
  test('as the disk is full: leaves no half file, and goes on when there is room', async () => {
    const big = photoOf('big', 20_000);
    await feedback.say('1', A);
    await feedback.say('2', big);
    const { code, stderr } = await feedback.run(['export', folder], { before: 'ulimit -f 8;' });
    expect(stderr).toMatch(/^synset feedback: EFBIG.*\n$/);
    expect(code).toBe(1);
    expect(Object.keys(await filesIn(folder))).toEqual([LIST, fileOf(TABBY, A)]);
    expect(await exported()).toContain('2 photos in 1 folder (1 new, ');
  });

  test('by Ctrl-C: leaves no half file, and goes on', async () => {
    await feedback.say('1', A);
    await mkdir(folder);
    // It waits for what comes out of this list, in the middle of writing the new one.
    const list = join(folder, LIST);
    execFileSync('mkfifo', [list]);
    const program = fileURLToPath(new URL('../src/feedback.ts', import.meta.url));
    const env = { ...process.env, ...feedback.env };
    const child = spawn(process.execPath, [program, 'export', folder], { env });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    const pipe = await open(list, 'w'); // waits for the reader
    child.kill('SIGINT');
    await pipe.close();
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(said).toBe('synset feedback: stopped; the same again goes on\n');
    expect(await readdir(folder)).toEqual([LIST]);
    expect((await stat(list)).isFIFO()).toBe(true);
    await rm(list);
    expect(await exported()).toContain('1 photo in 1 folder');
  });

  test('between two photos: leaves the first, and goes on', async () => {
    await feedback.say('1', A);
    await feedback.say('2', B);
    await mkdir(folder);
    const stop = new AbortController();
    const { store } = feedback;
    const stopping = {
      list: (options: { after: string; limit: number }) => store.list(options),
      photo(sha256: string) {
        stop.abort(new Error('stopped'));
        return store.photo(sha256);
      },
    } as FeedbackStore;
    const run = DataFolder.use(folder, (into) => exportFeedback(stopping, into, stop.signal));
    await expect(run).rejects.toThrow('stopped');
    expect(Object.keys(await filesIn(folder))).toEqual([LIST, fileOf(TABBY, A)]);
    expect(await exported()).toContain('2 photos in 1 folder (1 new, ');
  });

  test('killed: the next one removes what was half', async () => {
    await exported();
    await writeFile(join(folder, '.feedback.tmp'), A.subarray(0, 50));
    await feedback.say('1', A);
    await exported();
    expect((await readdir(folder)).sort()).toEqual([LIST, TABLE, TABBY.synset].sort());
  });

  test('does not meet another one in its folder', async () => {
    await exported();
    const lock = await lockFolder(folder, '');
    onTestFinished(() => void lock.close());
    const line = `${folder} is in use by another run: wait for its end`;
    expect(await run('export')).toEqual(complains(1, line));
  });

  test('says that Redis is away', async () => {
    const env = { REDIS_URL: 'redis://me:secret@127.0.0.1:1' };
    const { code, stderr } = await runCommand('feedback', ['export', folder], env);
    expect(stderr).toMatch(/^synset feedback: cannot reach Redis at 127\.0\.0\.1:1: .*\n$/);
    expect(code).toBe(1);
  });
});

describe('clear', () => {
  test('removes from Redis what the folder has, and nothing that came later', async () => {
    await feedback.say('1', A);
    await feedback.say('2', B, { label: TIGER_CAT.index });
    await feedback.say('3', C, {}, false);
    await exported();
    await feedback.say('2', B);
    await feedback.say('4', C);
    expect(await run('clear')).toEqual(
      says('removed from Redis: 2', `left there, as it is not in ${folder} yet: 2`),
    );
    expect(await feedback.ids()).toEqual(['2', '4']);
    expect(await feedback.redis.hKeys(feedback.keys.feedbackPhotos)).toHaveLength(2);
    expect(await feedback.store.counts()).toEqual([{ index: TABBY.index, right: 2, wrong: 0 }]);
    expect(await exported()).toContain('3 photos in 1 folder (1 new, 1 moved, 0 removed)');
  });

  test('leaves what has a photo that is not there, or not whole, or in no folder', async () => {
    await feedback.say('1', A);
    await feedback.say('2', A, {}, false);
    await feedback.say('3', B);
    await feedback.say('4', C, { correct: false });
    await exported();
    await truncate(join(folder, fileOf(TABBY, A)), 50);
    await rm(join(folder, fileOf(TABBY, B)));
    const left = (n: number) =>
      `left there, as the photo is not in ${folder}, or not whole: ${n} (export again)`;
    const unknown = 'left there, as nobody said what the photo shows: 1 (clear-all removes it)';
    expect(await run('clear')).toEqual(says('removed from Redis: 1', left(2), unknown));
    expect(await feedback.ids()).toEqual(['1', '3', '4']);
    await exported(); // brings the one that was removed
    expect(await run('clear')).toEqual(says('removed from Redis: 1', left(1), unknown));
    // What is known of a photo is no reason to lose it.
    expect(await run('clear-all')).toEqual(says('removed from Redis: 1', left(1)));
    expect(await feedback.ids()).toEqual(['1']);
    await rm(join(folder, fileOf(TABBY, A)));
    await exported();
    expect(await run('clear-all')).toEqual(says('removed from Redis: 1'));
    expect(await feedback.redis.hLen(feedback.keys.feedbackPhotos)).toBe(0);
    expect(await feedback.redis.get(feedback.keys.feedbackPhotoBytes)).toBe('0');
  });

  test('of hundreds', async () => {
    for (let i = 0; i < 250; i++) await feedback.say(`${i}`, photoOf(`${i},`), {}, i % 2 === 0);
    expect(await exported()).toContain('125 photos in 1 folder');
    expect(await run('clear')).toEqual(says('removed from Redis: 250'));
    expect(await feedback.ids()).toEqual([]);
  });

  test('of a folder that has nothing', async () => {
    const { code, stderr } = await run('clear');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('ENOENT') });
    await mkdir(folder);
    expect(await run('clear')).toEqual(complains(1, `${folder} holds no feedback`));
    expect(await readdir(folder)).toEqual([]);
  });
});

test.each([
  [[], 'usage: export FOLDER; more: make feedback DO=--help'],
  [['clear'], 'usage: clear FOLDER; more: make feedback DO=--help'],
  [['import', 'x'], 'no command import: there are export, clear, clear-all'],
])('a wrong command line: %j', async (args, line) => {
  expect(await feedback.run(args)).toEqual(complains(2, line));
});
