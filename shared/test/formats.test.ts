import { expect, test } from 'vitest';
import { formats, looksLikeHeic, sniffFormat } from '../src/formats.ts';
import { testPhoto } from '../src/testing/index.ts';

const ftyp = (...brands: string[]) => {
  const box = Buffer.alloc(8 + brands.length * 4 + 4);
  box.writeUInt32BE(box.length, 0);
  box.write('ftyp', 4);
  box.write(brands[0] ?? '', 8);
  brands.forEach((brand, i) => {
    if (i > 0) box.write(brand, 12 + i * 4);
  });
  return box;
};

test.each([
  ['jpeg', testPhoto('nagasaki-boats')],
  ['png', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
  ['webp', Buffer.from('RIFF....WEBP')],
  ['gif', Buffer.from('GIF89a')],
  ['bmp', Buffer.from('BM............\x28\0\0\0')],
  ['tiff', Buffer.from('II*\0')],
  ['tiff', Buffer.from('MM\0*')],
  ['avif', ftyp('avif', 'mif1')],
  ['avif', ftyp('mif1', 'miaf', 'avif')],
])('%s is told by its magic bytes', (format, file) => {
  expect(sniffFormat(file)).toBe(format);
});

test.each([
  ['text', Buffer.from('hello')],
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from([0xff])],
  ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ['a text that begins with BM', Buffer.from('BMW makes cars in Munich')],
  ['PDF', Buffer.from('%PDF-1.7')],
  ['HEIC', ftyp('heic', 'mif1')],
  ['HEIC that says mif1 first', ftyp('mif1', 'miaf', 'heic')],
  ['a broken ftyp box', Buffer.from('\xff\xff\xff\xffftyp', 'latin1')],
])('%s is on no list', (_, file) => {
  expect(sniffFormat(file)).toBeNull();
});

test('HEIC is recognised for its hint', () => {
  expect(looksLikeHeic(ftyp('mif1', 'miaf', 'heic'))).toBe(true);
  expect(looksLikeHeic(ftyp('isom'))).toBe(false);
});

test('each format has a decoder', () => {
  for (const { decoders } of Object.values(formats)) expect(decoders.length).toBeGreaterThan(0);
});
