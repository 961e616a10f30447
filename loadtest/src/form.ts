// Photos as a browser's form sends them.

const BOUNDARY = 'synset-bench-7d9f2c41';

export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

const HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;

/** The body of a form with each photo in a field `file`. */
export function form(...photos: Buffer[]): Buffer {
  const parts = photos.flatMap((photo) => [Buffer.from(HEAD), photo, Buffer.from('\r\n')]);
  return Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

/** The same JPEG with a comment behind its first marker: other bytes, equal pixels. */
export function withComment(jpeg: Buffer, comment: string): Buffer {
  const segment = Buffer.alloc(4 + comment.length);
  segment.writeUInt16BE(0xfffe, 0);
  segment.writeUInt16BE(2 + comment.length, 2);
  segment.write(comment, 4, 'latin1');
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}
