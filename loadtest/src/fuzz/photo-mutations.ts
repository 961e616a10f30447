// Mutations that know where photos keep their sizes, and what may stand before, in and behind them.
import { crc32 } from 'node:zlib';
import { type Format, sniffFormat } from '@synset/shared';
import type { Random } from '../chaos/random.ts';
import { byteMutations, type Mutation, randomBytes } from './bytes.ts';

/** The last two are beyond and just within what is allowed; such a photo costs a second to decode. */
const SIDES = [0, 1, 2, 3, 223, 224, 225, 255, 256, 257, 4096, 65500, 65535, 100_000, 0x7fffffff];
const LARGE_SIDES = [16_384, 7000];

interface Field {
  readonly at: number;
  readonly bytes: 2 | 3 | 4;
  readonly little?: boolean;
}

const two = (at: number, bytes: Field['bytes'], little = false): Field[] => [
  { at, bytes, little },
  { at: at + bytes, bytes, little },
];

const MARKERS = ['c0', 'c1', 'c2'].map((code) => Buffer.from(`ff${code}`, 'hex'));

/** A box or chunk whose sides stand some bytes behind its name. */
const behind = (
  bytes: Buffer,
  name: string,
  distance: number,
  size: Field['bytes'],
  le = false,
) => {
  const at = bytes.indexOf(name, 0, 'latin1');
  return at < 0 ? [] : two(at + distance, size, le);
};

/** Of both sides, as far as they are easily found. */
const sides: Record<Format, (bytes: Buffer) => Field[]> = {
  jpeg: (bytes) =>
    MARKERS.flatMap((marker) => {
      const at = bytes.indexOf(marker);
      return at < 0 ? [] : two(at + 5, 2);
    }),
  png: () => two(16, 4),
  gif: (bytes) => [...two(6, 2, true), ...behind(bytes, '\x2c', 5, 2, true)],
  bmp: () => two(18, 4, true),
  webp: (bytes) => [
    ...behind(bytes, 'VP8X', 12, 3, true),
    ...behind(bytes, 'VP8 ', 14, 2, true),
    ...behind(bytes, 'VP8L', 9, 2, true),
  ],
  tiff: (bytes) => tiffSides(bytes),
  avif: (bytes) => behind(bytes, 'ispe', 8, 4),
};

/** Values of the tags ImageWidth and ImageLength, and of those that say how pixels are stored. */
function tiffSides(bytes: Buffer): Field[] {
  const little = bytes[0] === 0x49;
  const tags = [0x100, 0x101, 0x102, 0x103, 0x111, 0x115, 0x116, 0x117, 0x142, 0x143];
  return tags.flatMap((tag) => {
    const name = Buffer.alloc(2);
    if (little) name.writeUInt16LE(tag);
    else name.writeUInt16BE(tag);
    const at = bytes.indexOf(name, 8);
    return at < 0 ? [] : [{ at: at + 8, bytes: 4 as const, little }];
  });
}

function changeSides(bytes: Buffer, random: Random): Buffer {
  const format = sniffFormat(bytes);
  if (!format) return bytes;
  const changed = Buffer.from(bytes);
  for (const { at, bytes: size, little } of sides[format](bytes)) {
    if (at + size > changed.length || random.chance(0.3)) continue;
    const side = random.pick(random.chance(0.02) ? LARGE_SIDES : SIDES) % 2 ** (8 * size);
    if (little) changed.writeUIntLE(side, at, size);
    else changed.writeUIntBE(side, at, size);
  }
  return format === 'png' ? withChecksums(changed) : changed;
}

/** A PNG whose checksums are wrong is refused before anything else in it is believed. */
function withChecksums(png: Buffer): Buffer {
  const changed = Buffer.from(png);
  for (let at = 8; at + 12 <= changed.length; ) {
    const end = at + 8 + changed.readUInt32BE(at);
    if (end + 4 > changed.length) break;
    changed.writeUInt32BE(crc32(changed.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return changed;
}

const magic = (text: string) => Buffer.from(text, 'latin1');
const MAGICS = [
  ...['\xff\xd8\xff\xe0', '\x89PNG\r\n\x1a\n', 'GIF87a', 'GIF89a', 'II*\0', 'MM\0*', 'II+\0'],
  ...['RIFF\x10\0\0\0WEBPVP8L', 'RIFF\xff\xff\xff\xffWEBPVP8X', 'BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28'],
  ...['\0\0\0\x20ftypavif\0\0\0\0avifmif1', '\0\0\0\x18ftypheic\0\0\0\0mif1', '\0\0\0\x0cJXL \r\n'],
  ...['<svg xmlns="http://www.w3.org/2000/svg">', '%PDF-1.7\n', 'PK\x03\x04', '8BPS', '\x7fELF'],
].map(magic);

const TAILS = [
  magic('PK\x03\x04\x14\0\0\0\0\0'),
  magic('<script>alert(1)</script>'),
  magic('%PDF-1.4\n1 0 obj\n<<>>\nendobj'),
  magic(
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>',
  ),
];

/** A JPEG's application segment, as long as it says or not. */
function segment(marker: number, content: Buffer, random: Random): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  const length = random.chance(0.8) ? content.length + 2 : random.below(0x10000);
  head.writeUInt16BE(length, 2);
  return Buffer.concat([head, content]);
}

/** EXIF with one tag, orientation, of a strange type or value, and an offset to nowhere. */
function exif(random: Random): Buffer {
  const tiff = Buffer.alloc(26);
  tiff.write('MM\0*', 0, 'latin1');
  tiff.writeUInt32BE(random.pick([8, 8, 8, 0, 25, 0xffffffff]), 4);
  tiff.writeUInt16BE(random.pick([1, 1, 0, 0xffff]), 8);
  tiff.writeUInt16BE(random.pick([0x112, 0x112, 0x8769, 0x8825, 0x201]), 10);
  tiff.writeUInt16BE(random.pick([3, 3, 4, 5, 13, 0xffff]), 12);
  tiff.writeUInt32BE(random.pick([1, 1, 0, 0x7fffffff, 0xffffffff]), 14);
  tiff.writeUInt16BE(random.pick([1, 5, 6, 8, 0, 9, 0xffff]), 18);
  tiff.writeUInt32BE(random.pick([0, 8, 10, 0xfffffff0]), 22);
  return Buffer.concat([magic('Exif\0\0'), tiff, randomBytes(random.below(300), random)]);
}

function withSegments(bytes: Buffer, random: Random): Buffer {
  const icc = () => Buffer.concat([magic('ICC_PROFILE\0\x01\x01'), randomBytes(400, random)]);
  const made = Array.from({ length: 1 + random.below(3) }, () =>
    random.chance(0.7) ? segment(0xe1, exif(random), random) : segment(0xe2, icc(), random),
  );
  return Buffer.concat([bytes.subarray(0, 2), ...made, bytes.subarray(2)]);
}

/** Chunks that PNG readers open by themselves, with random content and a right checksum. */
function withChunks(bytes: Buffer, random: Random): Buffer {
  const made = Array.from({ length: 1 + random.below(4) }, () => {
    const name = random.pick(['eXIf', 'iCCP', 'zTXt', 'PLTE', 'tRNS', 'sBIT', 'acTL', 'IDAT']);
    const content =
      name === 'eXIf' ? exif(random).subarray(6) : randomBytes(random.below(600), random);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(content.length);
    head.write(name, 4, 'latin1');
    return Buffer.concat([head, content, Buffer.alloc(4)]);
  });
  return withChecksums(Buffer.concat([bytes.subarray(0, 33), ...made, bytes.subarray(33)]));
}

const other: Record<string, Mutation> = {
  sides: changeSides,
  'other magic': (bytes, random) => {
    const first = random.pick(MAGICS);
    return Buffer.concat([first, bytes.subarray(Math.min(first.length, bytes.length))]);
  },
  polyglot: (bytes, random) => {
    const more = random.pick(TAILS);
    return Buffer.concat(random.chance(0.8) ? [bytes, more] : [more, bytes]);
  },
  metadata: (bytes, random) => {
    const format = sniffFormat(bytes);
    if (format === 'jpeg') return withSegments(bytes, random);
    if (format === 'png') return withChunks(bytes, random);
    const at = random.below(Math.min(bytes.length, 512));
    return Buffer.concat([bytes.subarray(0, at), exif(random), bytes.subarray(at)]);
  },
};

export const photoMutations: Record<string, Mutation> = { ...byteMutations, ...other };
