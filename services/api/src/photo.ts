// What can be told of a photo from its first bytes, and the refusals that need no decoding.
import { hash } from 'node:crypto';
import { type Format, formats, looksLikeHeic, Problem, sniffFormat } from '@synset/shared';
import probe from 'probe-image-size/sync.js';

export interface Photo {
  readonly image: Buffer;
  readonly format: Format;
  /** Size in the header, before orientation. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation 1..8 as far as the header tells. */
  readonly orientation: number;
  /** Of what is to be classified, in hex: for a photo, of the uploaded bytes. */
  readonly sha256: string;
}

export const formatList = Object.values(formats)
  .map(({ name }) => name)
  .join(', ');

/** A photo, or pixels that are already as the model takes them. */
export type Picture = Photo | (Omit<Photo, 'format'> & { readonly format: 'rgb224' });

/** Throws UNSUPPORTED_FORMAT, IMAGE_UNREADABLE or TOO_MANY_PIXELS. */
export function inspectPhoto(image: Buffer, maxPixels: number): Photo {
  const format = sniffFormat(image);
  if (!format) throw new Problem('UNSUPPORTED_FORMAT', unsupportedDetail(image));
  const { width, height, orientation } = readHeader(image, format);
  if (width * height > maxPixels) {
    throw new Problem(
      'TOO_MANY_PIXELS',
      `The photo has ${width} x ${height} pixels; at most ${maxPixels} pixels are allowed.`,
    );
  }
  if (format === 'jpeg') refuseScanBomb(image);
  const sha256 = hash('sha256', image);
  return { image, format, width, height, orientation, sha256 };
}

function readHeader(image: Buffer, format: Format) {
  const header = probe.parsers[format](image);
  if (header && header.width > 0 && header.height > 0) {
    return { ...header, orientation: header.orientation ?? 1 };
  }
  const detail = `The ${formats[format].name} file has no readable header: it is damaged or incomplete.`;
  throw new Problem('IMAGE_UNREADABLE', detail);
}

/** Cameras and encoders make 1 to 20 scans; each costs a pass over all pixels when decoding. */
const MAX_JPEG_SCANS = 100;
const START_OF_SCAN = Buffer.from([0xff, 0xda]);

/** 460 kB of empty scans held a decoder for 40 s. Inside a scan's data these bytes cannot occur. */
function refuseScanBomb(image: Buffer): void {
  let scans = 0;
  for (let at = image.indexOf(START_OF_SCAN); at >= 0; at = image.indexOf(START_OF_SCAN, at + 2)) {
    if (++scans <= MAX_JPEG_SCANS) continue;
    throw new Problem(
      'IMAGE_UNREADABLE',
      `The JPEG file has more than ${MAX_JPEG_SCANS} scans, which is the limit.`,
    );
  }
}

function unsupportedDetail(image: Buffer): string {
  if (looksLikeHeic(image)) {
    return `HEIC photos are not supported: convert it to JPEG, or set the phone's camera to "most compatible". Supported: ${formatList}.`;
  }
  return `The file is none of the supported photo formats: ${formatList}.`;
}
