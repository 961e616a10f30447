// Photos as a browser's form sends them.

const BOUNDARY = 'synset-bench-7d9f2c41';

export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

const HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;

/** The body of a form with each photo in a field `file`. */
export function form(...photos: Buffer[]): Buffer {
  const parts = photos.flatMap((photo) => [Buffer.from(HEAD), photo, Buffer.from('\r\n')]);
  return Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}
