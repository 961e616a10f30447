// The folder of a data set: a folder for each category, photos named by their SHA-256 in them, the
// list of all that was said, and its table.
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { labels } from '@synset/models/labels';
import { type Format, formatNames } from '@synset/shared';
import { lockFolder } from '../lock.ts';
import { type Content, exists, writeWhole } from '../whole-file.ts';

/** What the next export begins with. It also tells that a folder is one of ours. */
const LIST = 'feedback.jsonl';
const TABLE = 'metadata.csv';
/** In no category's folder, where half a photo would count; one name, so that none is left behind. */
const TEMPORARY = '.feedback.tmp';

const PHOTO = new RegExp(`^([0-9a-f]{64})\\.(?:${formatNames.join('|')})$`);

const synsets = labels.map(({ synset }) => synset);
const indexOf = new Map(labels.map(({ index, synset }) => [synset, index]));

/** A photo that lies in the folder of a category. */
export interface Placed {
  readonly index: number;
  /** From the data set's folder, with slashes. */
  readonly file: string;
}

export class DataFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** For `work` alone: its temporary file has one name. */
  static async use<T>(path: string, work: (folder: DataFolder) => Promise<T>): Promise<T> {
    const lock = await lockFolder(path, 'wait for its end');
    try {
      await rejectOthers(path);
      await rm(join(path, TEMPORARY), { force: true }); // of a run that was killed
      return await work(new DataFolder(path));
    } finally {
      lock.close();
    }
  }

  get list(): string {
    return join(this.path, LIST);
  }

  pathOf({ file }: Placed): string {
    return join(this.path, file);
  }

  async hasList(): Promise<boolean> {
    return await exists(this.list);
  }

  async writeList(lines: AsyncIterable<string>): Promise<void> {
    await this.#write(LIST, lines);
  }

  async writeTable(lines: AsyncIterable<string>): Promise<void> {
    await this.#write(TABLE, lines);
  }

  /** The photos of ours, by SHA-256: those that `isOurs` knows. */
  async photos(isOurs: (sha256: string) => boolean): Promise<Map<string, Placed>> {
    const found = new Map<string, Placed>();
    for (const folder of await readdir(this.path, { withFileTypes: true })) {
      const index = folder.isDirectory() ? indexOf.get(folder.name) : undefined;
      if (index === undefined) continue;
      for (const file of await readdir(join(this.path, folder.name), { withFileTypes: true })) {
        const sha256 = file.isFile() ? PHOTO.exec(file.name)?.[1] : undefined;
        if (sha256 && isOurs(sha256)) found.set(sha256, placed(index, file.name));
      }
    }
    return found;
  }

  /** Null where something else has its name. */
  async add(index: number, sha256: string, format: Format, photo: Buffer): Promise<Placed | null> {
    const target = placed(index, `${sha256}.${format}`);
    if (!(await this.#hasRoomFor(target))) return null;
    await this.#write(target.file, photo);
    return target;
  }

  async move(photo: Placed, index: number): Promise<Placed | null> {
    const target = placed(index, photo.file.slice(photo.file.indexOf('/') + 1));
    if (!(await this.#hasRoomFor(target))) return null;
    await rename(this.pathOf(photo), this.pathOf(target));
    return target;
  }

  async remove(photo: Placed): Promise<void> {
    await rm(this.pathOf(photo));
  }

  /** A link counts as something, and is never followed: who knows where it leads. */
  async #hasRoomFor(photo: Placed): Promise<boolean> {
    const folder = join(this.path, synsetOf(photo.index));
    await mkdir(folder).catch(ignoreExisting);
    return (await lstat(folder)).isDirectory() && !(await exists(this.pathOf(photo)));
  }

  async #write(file: string, content: Content): Promise<void> {
    await writeWhole(join(this.path, file), join(this.path, TEMPORARY), content);
  }
}

const synsetOf = (index: number): string => synsets[index] as string;

const placed = (index: number, name: string): Placed => ({
  index,
  file: `${synsetOf(index)}/${name}`,
});

/** Whoever types the name of a folder of his own finds everything there as it was. */
async function rejectOthers(path: string): Promise<void> {
  const names = await readdir(path);
  if (names.includes(LIST) || names.every((name) => name === TEMPORARY)) return;
  throw new Error(`${path} holds other files: name a new folder, or that of an export`);
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
