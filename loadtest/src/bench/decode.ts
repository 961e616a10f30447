// The decoder of the reference.
import sharp from 'sharp';

// What services/worker/src/decoder/sharp.ts does to these photos, with the same settings: the
// reference may not import the service. They are shrunk as they load like there, since the sides of
// all that are large enough for it are divisible by 8.
sharp.concurrency(1);
sharp.cache(false);

/** uint8, [224, 224, 3], RGB: upright, short side to 256, the middle 224 x 224 of it. */
export async function decode(photo: Buffer): Promise<Uint8Array<ArrayBuffer>> {
  const pixels = await sharp(photo, { failOn: 'error', sequentialRead: true, ignoreIcc: true })
    .autoOrient()
    .resize(256, 256, { fit: 'cover', kernel: 'linear' })
    .extract({ left: 16, top: 16, width: 224, height: 224 })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer();
  // A buffer of its own, so that it can be moved to the session's thread.
  return new Uint8Array(pixels);
}
