// The commands for dead letters as a person types them.
import { watch } from 'node:fs';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { says, temporaryFolder } from './command.ts';
import { complains, runDead, TestLetters } from './dead-letters.ts';

const BYTES = Buffer.from([0xff, 0xd8, 0x00, 0xc3, 0x28, 0x0d, 0x0a]);
const NONE = '1-1';

let letters: TestLetters;

beforeEach(async () => {
  letters = await TestLetters.open();
});

afterEach(() => letters.close());

const run = (args: string[]) => letters.run(args);
const add = (id: string, error?: string) => letters.add(id, BYTES, error);

describe('list', () => {
  test('shows a table, without a command too', async () => {
    const [a, b] = [await add('job-a'), await add('the-job-b')];
    const when = new Date(Number.parseInt(a, 10)).toISOString();
    const listed = await run([]);
    const [head, ...rows] = listed.stdout.split('\n');
    expect(head).toMatch(/^letter +given up +job +reason +deliveries +format +pixels .*error$/);
    expect(rows[0]).toBe(
      `${a}  ${when}  job-a      failed  3           png     300x280  7      out of memory`,
    );
    expect(rows[1]).toContain(`${b}  `);
    expect(rows[1]?.indexOf('failed')).toBe(rows[0]?.indexOf('failed'));
    expect(await run(['list'])).toEqual(listed);
  });

  test('says that there are none', async () => {
    expect(await run(['list'])).toEqual(says('no dead letters'));
  });

  test('lets nothing of a letter command the terminal', async () => {
    await add('a\u009b2J', 'two\nlines \u001b[2J\u202e\u{e0001}');
    await letters.addEntry({ some: 'thing' }, '9999999999999999999-1');
    const { stdout } = await run([]);
    expect(stdout).toContain('  a\\u009b2J  ');
    expect(stdout).toContain('  two\\u000alines \\u001b[2J\\u202e\\udb40\\udc01\n');
    expect(stdout).toMatch(
      /^9999999999999999999-1 {2}- +- +unreadable +- .* it has not the field/m,
    );
  });
});

test('a list of which only the beginning is read is no error', async () => {
  for (let i = 0; i < 200; i++) await add(`job-${i}`, 'x'.repeat(1000)); // more than a pipe holds
  const { code, stdout, stderr } = await letters.run([], { after: '| head -1' });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^letter .*\n$/);
});

describe('show', () => {
  test('tells all but the photo, as JSON', async () => {
    const id = await add('a', 'two\nlines \u009b2J');
    const { stdout } = await run(['show', id]);
    expect(stdout).toContain('two\\nlines \\u009b2J');
    expect(JSON.parse(stdout)).toMatchObject({
      id,
      reason: 'failed',
      error: 'two\nlines \u009b2J',
      deliveries: 3,
      bytes: BYTES.length,
      job: { id: 'a', format: 'png', topK: 2 },
    });
    expect(stdout).not.toContain('image');
  });
});

describe('save', () => {
  test('writes the photo as it was uploaded, and nothing else', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'photo.png');
    expect(await run(['save', await add('a'), file])).toEqual(says(`${file}: written, 7 bytes`));
    expect(await readFile(file)).toEqual(BYTES);
    expect(await readdir(folder)).toEqual(['photo.png']);
  });

  test('shows the file only when it is whole', async () => {
    const folder = await temporaryFolder();
    const events: string[] = [];
    const appeared = Promise.withResolvers<void>();
    const watcher = watch(folder, (event, name) => {
      if (name === 'photo.png') appeared.resolve();
      else events.push(event);
    });
    await run(['save', await add('a'), join(folder, 'photo.png')]);
    await appeared.promise;
    watcher.close();
    expect(events).toContain('change'); // something else was written before
  });

  test('overwrites no file, nor the link to one', async () => {
    const folder = await temporaryFolder();
    const [file, link] = [join(folder, 'mine'), join(folder, 'link')];
    await writeFile(file, 'mine');
    await symlink(join(folder, 'nowhere'), link);
    const id = await add('a');
    for (const path of [file, link]) {
      const line = `${path} is there already: name another file`;
      expect(await run(['save', id, path])).toEqual(complains(1, line));
    }
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect((await readdir(folder)).sort()).toEqual(['link', 'mine']);
  });

  test('leaves nothing where it breaks off', async () => {
    const folder = await temporaryFolder();
    const id = await letters.add('a', Buffer.alloc(5000));
    const args = ['save', id, join(folder, 'photo')];
    const { code, stderr } = await letters.run(args, { before: 'ulimit -f 1;' });
    expect(stderr).toMatch(/^synset dead: EFBIG.*\n$/);
    expect(code).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  test('says that it cannot write, and that there is no photo', async () => {
    const file = join(await temporaryFolder(), 'none', 'photo.png');
    const { code, stderr } = await run(['save', await add('a'), file]);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/ENOENT.*\n$/),
    });
    const other = await letters.addEntry({ some: 'thing' });
    expect(await run(['save', other, file])).toEqual(complains(1, `${other} has no photo`));
  });
});

describe('replay', () => {
  test('makes a job of a letter', async () => {
    const id = await add('a');
    await add('b');
    expect(await run(['replay', id])).toEqual(says(`${id}: queued again; its result: GET /jobs/a`));
    expect(await letters.counts()).toEqual({ dead: 1, jobs: 1 });
  });

  test('of all: says which, and what is left', async () => {
    const ids = [await add('a'), await add('b')];
    await letters.addEntry({ some: 'thing' });
    const { code, stdout, stderr } = await run(['replay', 'all']);
    expect(stdout).toBe(
      `${ids[0]}: queued again; its result: GET /jobs/a\n` +
        `${ids[1]}: queued again; its result: GET /jobs/b\nreplayed: 2\n`,
    );
    expect(stderr).toBe('synset dead: unreadable, not replayed: 1\n');
    expect(code).toBe(1);
    expect(await letters.counts()).toEqual({ dead: 1, jobs: 2 });
  });
});

test('discard deletes one letter, or all', async () => {
  const id = await add('a');
  await add('b');
  await letters.addEntry({ some: 'thing' });
  expect(await run(['discard', id])).toEqual(says(`${id}: discarded`));
  expect(await letters.counts()).toMatchObject({ dead: 2 });
  expect(await run(['discard', 'all'])).toEqual(says('discarded: 2'));
  expect(await letters.counts()).toMatchObject({ dead: 0 });
});

describe('a wrong command line', () => {
  test.each([
    [['lst'], 'no command lst: there are list, show, save, replay, discard'],
    [['list', 'x'], 'usage: list; more: make dead DO=--help'],
    [['save', NONE], 'usage: save ID FILE; more: make dead DO=--help'],
    [['discard'], 'usage: discard ID|all; more: make dead DO=--help'],
  ])('%j: a line, exit code 2', async (args, line) => {
    await add('a');
    expect(await run(args)).toEqual(complains(2, line));
    expect(await letters.counts()).toEqual({ dead: 1, jobs: 0 });
  });

  test('an option that is none', async () => {
    expect(await run(['--all'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^synset dead: Unknown option '--all'.*\n$/),
    });
  });

  test.each(['show', 'save', 'replay', 'discard'])('%s of no letter: exit code 1', async (name) => {
    const file = join(await temporaryFolder(), 'photo');
    const args = name === 'save' ? [name, NONE, file] : [name, NONE];
    expect(await run(args)).toEqual(complains(1, `no dead letter ${NONE}`));
  });

  test('a bad setting', async () => {
    const line = 'bad setting: PORT: must be a whole number';
    expect(await runDead([], { PORT: 'x' })).toEqual(complains(2, line));
  });
});

test('help says what each command does', async () => {
  const { code, stdout } = await run(['--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^usage: .*^ {2}list .*^ {2}save ID FILE {2,}\w.*^ {2}discard ID\|all/ms);
});
