// The photos that are posted: real ones, in the sizes that people have.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { photoNames, testPhotoPath } from '@synset/shared/testing';
import sharp from 'sharp';

/** The quality brings ImageNet's size in pixels to its size in bytes too, about 100 kB. */
export const sizes = {
  imagenet: { name: '500 x 375', width: 500, height: 375, quality: 98 },
  mp2: { name: '2 MP', width: 1632, height: 1224, quality: 90 },
  mp12: { name: '12 MP', width: 4000, height: 3000, quality: 90 },
} as const;

export type SizeName = keyof typeof sizes;

/** Writes the photos of one size into the folder and names the files. */
export async function makePhotos(folder: string, size: SizeName): Promise<string[]> {
  const { width, height, quality } = sizes[size];
  await mkdir(folder, { recursive: true });
  return await Promise.all(
    photoNames.map(async (name) => {
      const file = join(folder, `${size}-${name}.jpg`);
      const photo = sharp(testPhotoPath(name)).resize(width, height, { fit: 'cover' });
      await photo.jpeg({ quality }).toFile(file);
      return file;
    }),
  );
}

/** A JPEG of 5 MB with few pixels: noise, which cannot be compressed. */
export async function makeHeavyPhoto(folder: string): Promise<string[]> {
  const file = join(folder, 'noise.jpg');
  await mkdir(folder, { recursive: true });
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const create = { width: 2400, height: 1800, channels: 3, background: 'grey', noise } as const;
  await writeFile(file, await sharp({ create }).jpeg({ quality: 99 }).toBuffer());
  return [file];
}
