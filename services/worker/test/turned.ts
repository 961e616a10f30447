// Photos that cameras have stored turned, with the EXIF orientation that says so.
import sharp, { type Sharp } from 'sharp';
import type { Photo } from '../src/decoder/geometry.ts';

/** What undoes the turn that each orientation asks for. */
const BACK: Record<number, number> = { 1: 0, 3: 180, 6: 270, 8: 90 };

/** A JPEG that seen upright is `picture`. */
export async function turned(picture: Sharp, orientation: number): Promise<Photo> {
  const upright = await picture.png().toBuffer();
  const stored = sharp(upright)
    .rotate(BACK[orientation] ?? 0)
    .withMetadata({ orientation });
  const { data: image, info } = await stored
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer({ resolveWithObject: true });
  return { image, format: 'jpeg', width: info.width, height: info.height, orientation };
}
