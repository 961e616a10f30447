// The photo formats of the service: how each is recognised, and which decoder reads it.

export type DecoderName = 'sharp' | 'jimp';

interface FormatFacts {
  readonly name: string;
  readonly mime: string;
  readonly decoders: readonly DecoderName[];
  /** True where the header reader may miss the orientation, so that the decoder is asked. */
  readonly orientedByDecoder: boolean;
  readonly matches: (head: Buffer) => boolean;
}

const startsWith = (magic: string) => (head: Buffer) =>
  head.subarray(0, magic.length).equals(Buffer.from(magic, 'latin1'));

/** Brands of an ISO media file ('ftyp' box): the major one, then the compatible ones. */
function isoBrands(head: Buffer): string[] {
  if (head.toString('latin1', 4, 8) !== 'ftyp') return [];
  const end = Math.min(head.readUInt32BE(0), head.length);
  const brands = [head.toString('latin1', 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(head.toString('latin1', at, at + 4));
  return brands;
}

const isWebp = (head: Buffer) =>
  startsWith('RIFF')(head) && head.toString('latin1', 8, 12) === 'WEBP';

// An iPhone's HEIC may say `mif1` first like an AVIF, so any of the brands decides.
const isAvif = (head: Buffer) => isoBrands(head).some((brand) => brand === 'avif');
/** Sizes of the headers that BMP files have; "BM" alone begins many a text. */
const BMP_HEADERS = new Set([40, 52, 56, 64, 108, 124]);
const isBmp = (head: Buffer) =>
  startsWith('BM')(head) && head.length >= 18 && BMP_HEADERS.has(head.readUInt32LE(14));
const isTiff = (head: Buffer) => startsWith('II*\0')(head) || startsWith('MM\0*')(head);

/**
 * The allow list. What is not recognised here is refused before it is queued.
 * sharp's prebuilt library reads no BMP; jimp 1.6 reads neither WebP nor AVIF.
 */
export const formats = {
  jpeg: {
    name: 'JPEG',
    mime: 'image/jpeg',
    decoders: ['sharp', 'jimp'],
    orientedByDecoder: true,
    matches: startsWith('\xff\xd8\xff'),
  },
  png: {
    name: 'PNG',
    mime: 'image/png',
    decoders: ['sharp', 'jimp'],
    orientedByDecoder: true,
    matches: startsWith('\x89PNG\r\n\x1a\n'),
  },
  webp: {
    name: 'WebP',
    mime: 'image/webp',
    decoders: ['sharp'],
    orientedByDecoder: true,
    matches: isWebp,
  },
  gif: {
    name: 'GIF',
    mime: 'image/gif',
    decoders: ['sharp', 'jimp'],
    orientedByDecoder: false,
    matches: (head) => startsWith('GIF87a')(head) || startsWith('GIF89a')(head),
  },
  bmp: {
    name: 'BMP',
    mime: 'image/bmp',
    decoders: ['jimp'],
    orientedByDecoder: false,
    matches: isBmp,
  },
  tiff: {
    name: 'TIFF',
    mime: 'image/tiff',
    decoders: ['sharp', 'jimp'],
    orientedByDecoder: true,
    matches: isTiff,
  },
  avif: {
    name: 'AVIF',
    mime: 'image/avif',
    decoders: ['sharp'],
    orientedByDecoder: false,
    matches: isAvif,
  },
} as const satisfies Record<string, FormatFacts>;

export type Format = keyof typeof formats;

export const formatNames = Object.keys(formats) as [Format, ...Format[]];

/** Side of the square of pixels that a model takes. */
export const PIXELS_SIDE = 224;
/** Bytes of such pixels: rows of red, green, blue. */
export const PIXELS_BYTES = PIXELS_SIDE * PIXELS_SIDE * 3;

/** Of a job's bytes: those of a photo, or pixels as the model takes them, which no upload may be. */
export const jobFormats = [...formatNames, 'rgb224'] as const;

export type JobFormat = (typeof jobFormats)[number];

/** Bytes from the start of a file that `sniffFormat` looks at. */
export const HEAD_BYTES = 64;

/** The format that the magic bytes tell, or null. The client's content type is never asked. */
export function sniffFormat(file: Buffer): Format | null {
  const head = file.subarray(0, HEAD_BYTES);
  return formatNames.find((format) => formats[format].matches(head)) ?? null;
}

/** True for HEIC and HEIF, which need a hint of their own: phones make them by default. */
export function looksLikeHeic(file: Buffer): boolean {
  const heic = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']);
  return isoBrands(file.subarray(0, HEAD_BYTES)).some((brand) => heic.has(brand));
}
