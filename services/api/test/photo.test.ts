import { testPhoto } from '@synset/shared/testing';
import { expect, test } from 'vitest';
import { inspectPhoto } from '../src/photo.ts';

const LIMIT = 50_000_000;
const photo = testPhoto('nagasaki-boats');

test('tells format and size from the bytes', () => {
  expect(inspectPhoto(photo, LIMIT)).toMatchObject({
    format: 'jpeg',
    width: 1024,
    height: 819,
    orientation: 1,
  });
});

// A 460 kB progressive JPEG of 5000 empty scans held a decoder, and all photos behind it, for 40 s.
test('a JPEG of very many scans is refused before it is queued', () => {
  const scan = Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 1, 1, 0]);
  const end = photo.length - 2;
  const scans = (count: number) =>
    Buffer.concat([
      photo.subarray(0, end),
      ...Array<Buffer>(count).fill(scan),
      photo.subarray(end),
    ]);
  expect(inspectPhoto(scans(20), LIMIT).width).toBe(1024);
  expect(() => inspectPhoto(scans(100), LIMIT)).toThrow('more than 100 scans');
});
