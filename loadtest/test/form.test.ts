import { withComment } from '@synset/shared/testing';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { FORM_TYPE, form } from '../src/form.ts';

it('makes a form with the photo in its field file', async () => {
  const photo = Buffer.from([0xff, 0xd8, 0x00]);
  const headers = { 'content-type': FORM_TYPE };
  const parsed = await new Response(new Uint8Array(form(photo)), { headers }).formData();
  const file = parsed.get('file') as File;
  expect(file.type).toBe('image/jpeg');
  expect(Buffer.from(await file.arrayBuffer())).toEqual(photo);
});

it('changes the bytes of a JPEG, not its pixels', async () => {
  const create = { width: 8, height: 8, channels: 3, background: 'orange' } as const;
  const jpeg = await sharp({ create }).jpeg().toBuffer();
  const other = withComment(jpeg, 'connection 1');
  expect(other.equals(jpeg)).toBe(false);
  const pixels = (file: Buffer) => sharp(file).raw().toBuffer();
  expect(await pixels(other)).toEqual(await pixels(jpeg));
});
