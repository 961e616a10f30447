// What all parts of a run share.
import { join } from 'node:path';
import type { Load } from '../load.ts';
import { makePhotos, type SizeName } from '../photos.ts';
import { Service, type ServiceSettings } from '../service.ts';
import type { Plan } from './scenarios.ts';

export interface ContextOptions {
  readonly plan: Plan;
  readonly cores: number;
  readonly modelDir: string;
  /** A folder for photos and Redis's data; removed by the caller. */
  readonly folder: string;
  readonly load: Load;
  /** Closes what is still running when the run ends early. */
  readonly closing: AsyncDisposableStack;
  readonly say: (line: string) => void;
}

/** The rest is the run's. */
export type Settings = Omit<ServiceSettings, 'modelDir' | 'folder'>;

export class Context {
  readonly options: ContextOptions;
  readonly #photos = new Map<SizeName, Promise<string[]>>();

  constructor(options: ContextOptions) {
    this.options = options;
  }

  photosOf(size: SizeName): Promise<string[]> {
    const made = this.#photos.get(size) ?? makePhotos(join(this.options.folder, 'photos'), size);
    this.#photos.set(size, made);
    return made;
  }

  /** Starts a service, forgets what memory its start has taken, and stops it after `use`. */
  async withService<Result>(
    settings: Settings,
    use: (service: Service) => Promise<Result>,
  ): Promise<Result> {
    const { modelDir, folder, closing } = this.options;
    // Ctrl-C between two services: nobody would end this one.
    if (closing.disposed) throw new Error('stopping');
    const service = await Service.start({ ...settings, modelDir, folder }, closing);
    try {
      await service.forgetPeaks();
      return await use(service);
    } finally {
      await service.close();
    }
  }
}
