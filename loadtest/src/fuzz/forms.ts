// Forms with photos in them, and what can be wrong with a form.
import type { Random } from '../chaos/random.ts';
import { randomBytes } from './bytes.ts';

export interface Form {
  readonly type: string;
  readonly body: Buffer;
  /** What was done to it. */
  readonly what: string;
}

const BOUNDARY = 'synset-fuzz-5f2c';

/** Names that programs have stumbled over: of prototypes, of paths, of other fields. */
export const NAMES = [
  ...[
    'file',
    'file',
    'file',
    'files',
    'File',
    'file[]',
    '',
    ' ',
    'topK',
    '__proto__',
    'constructor',
  ],
  ...[
    'toString',
    'hasOwnProperty',
    'x'.repeat(200),
    '\xff\xfe',
    'a"b',
    'a\\"b',
    'a;b',
    '%00',
    '..',
  ],
];

const FILENAMES = [
  ...[
    'photo.jpg',
    'photo.jpg',
    '',
    '../../../etc/passwd',
    '..\\..\\x.jpg',
    'a\0b.jpg',
    '\xc3\xa4.png',
  ],
  ...['x'.repeat(5000), '"; name="file', '%2e%2e%2f', '\x7f\x01', '.', '<img src=x>.jpg', '日本'],
];

const TYPES = [
  'image/jpeg',
  'image/png',
  'text/plain',
  'x',
  '',
  'multipart/mixed; boundary=b',
  'a/b; charset=zzz',
];

const disposition = (name: string, filename: string | null) =>
  `Content-Disposition: form-data; name="${name}"${filename === null ? '' : `; filename="${filename}"`}`;

interface Part {
  readonly lines: readonly string[];
  readonly content: Buffer;
}

const filePart = (content: Buffer, name = 'file', filename: string | null = 'photo.jpg'): Part => ({
  lines: [disposition(name, filename), 'Content-Type: image/jpeg'],
  content,
});

const field = (name: string, value: string): Part => ({
  lines: [disposition(name, null)],
  content: Buffer.from(value, 'latin1'),
});

function join(parts: readonly Part[], boundary = BOUNDARY, end = '\r\n'): Buffer {
  const pieces = parts.flatMap(({ lines, content }) => [
    Buffer.from(`--${boundary}${end}${lines.join(end)}${end}${end}`, 'utf8'),
    content,
    Buffer.from(end),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--${end}`)]);
}

const typeOf = (boundary: string) => `multipart/form-data; boundary=${boundary}`;

export const goodForm = (...photos: Buffer[]): Form => ({
  type: typeOf(BOUNDARY),
  body: join(photos.map((photo) => filePart(photo))),
  what: 'form',
});

type Spoil = (photo: Buffer, random: Random) => { body: Buffer; type?: string };

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

const spoils: Record<string, Spoil> = {
  'other boundary': (photo, random) => {
    const odd = [
      '',
      'x',
      '-',
      '"quoted"',
      '"a b"',
      'x'.repeat(71),
      'x'.repeat(3000),
      '\xff',
      '--',
      "'()+_,-./:=?",
    ];
    const boundary = random.pick(odd);
    const bare = boundary.replaceAll('"', '');
    return { body: join([filePart(photo)], bare), type: typeOf(boundary) };
  },
  'another boundary than said': (photo) => ({ body: join([filePart(photo)], 'another') }),
  'no boundary said': (photo, random) => ({
    body: join([filePart(photo)]),
    type: random.pick([
      'multipart/form-data',
      'multipart/form-data;',
      'multipart/form-data; boundary',
    ]),
  }),
  'two boundaries said': (photo) => ({
    body: join([filePart(photo)]),
    type: `multipart/form-data; boundary=x; boundary=${BOUNDARY}`,
  }),
  'other multipart': (photo, random) => ({
    body: join([filePart(photo)]),
    type: `multipart/${random.pick(['mixed', 'related', 'x', 'form-data-x'])}; boundary=${BOUNDARY}`,
  }),
  'boundary in the photo': (photo, random) => {
    const at = random.below(photo.length + 1);
    const more = Buffer.from(
      `\r\n--${BOUNDARY}${random.pick(['', '-', '--', '\r', '\r\n', '\r\n\r\n'])}`,
    );
    return {
      body: join([filePart(Buffer.concat([photo.subarray(0, at), more, photo.subarray(at)]))]),
    };
  },
  'bare line feeds': (photo) => ({ body: join([filePart(photo)], BOUNDARY, '\n') }),
  'cut short': (photo, random) => {
    const body = join([filePart(photo)]);
    const near = random.chance(0.5) ? random.below(60) : random.below(body.length);
    return { body: body.subarray(0, body.length - near) };
  },
  'names of fields and files': (photo, random) => ({
    body: join([filePart(photo, random.pick(NAMES), random.pick(FILENAMES))]),
  }),
  'no file name': (photo, random) => ({ body: join([filePart(photo, random.pick(NAMES), null)]) }),
  'lines of a part': (photo, random) => {
    const lines = [
      ...['Content-Disposition: form-data', 'Content-Disposition: attachment; filename=x', ''],
      ...['Content-Disposition:', ': x', 'no colon at all', `X: ${'y'.repeat(20_000)}`, '\0: \0'],
      ...["Content-Disposition: form-data; name*=utf-8''file; filename*=utf-8''%ff%00x"],
      ...["Content-Disposition: form-data; name=file; filename*=zzz'%", 'Content-Length: 7'],
      ...['Content-Transfer-Encoding: base64', 'Content-Transfer-Encoding: quoted-printable'],
      ...['Content-Disposition: form-data; name="file"; filename="x', 'Content-Encoding: gzip'],
      `Content-Type: ${random.pick(TYPES)}`,
    ];
    const usual = disposition('file', 'photo.jpg');
    const some = times(1 + random.below(3), () => random.pick(lines));
    const all = random.chance(0.6) ? random.shuffle([usual, ...some]) : some;
    return { body: join([{ lines: all, content: photo }]) };
  },
  'very many lines': (photo, random) => ({
    body: join([
      {
        lines: [
          disposition('file', 'photo.jpg'),
          ...times(random.pick([49, 51, 3000]), (i) => `X-${i}: y`),
        ],
        content: photo,
      },
    ]),
  }),
  'fields beside it': (photo, random) => {
    const fields = times(random.pick([1, 2, 9, 10, 11, 12, 13, 300]), () =>
      field(random.pick(NAMES), 'v'.repeat(random.pick([0, 1, 9999, 10_001]))),
    );
    const parts = [...fields, filePart(photo)];
    return { body: join(random.chance(0.5) ? parts : random.shuffle(parts)) };
  },
  'a huge field': (photo, random) => ({
    body: join([field('x', 'v'.repeat(random.pick([100_000, 3_000_000]))), filePart(photo)]),
  }),
  'several files': (photo, random) => ({
    body: join(
      times(random.pick([2, 2, 3, 99, 100, 101]), (i) => filePart(i < 3 ? photo : Buffer.alloc(0))),
    ),
  }),
  'a form in the form': (photo) => {
    const inner = join([filePart(photo)], 'inner');
    const lines = [disposition('file', 'x'), 'Content-Type: multipart/mixed; boundary=inner'];
    return { body: join([{ lines, content: inner }]) };
  },
  'text around it': (photo, random) => ({
    body: Buffer.concat([
      randomBytes(random.below(500), random),
      Buffer.from('\r\n'),
      join([filePart(photo)]),
      randomBytes(random.below(500), random),
    ]),
  }),
  'nothing in it': (_photo, random) => ({
    body: random.pick([
      Buffer.alloc(0),
      Buffer.from('\r\n'),
      join([]),
      Buffer.from(`--${BOUNDARY}`),
      join([filePart(Buffer.alloc(0))]),
    ]),
  }),
  'bytes of the envelope': (photo, random) => {
    const body = Buffer.from(join([filePart(photo)]));
    for (let i = 1 + random.below(5); i > 0; i--)
      body[random.below(Math.min(body.length, 200))] = random.below(256);
    return { body };
  },
};

export const spoilNames = Object.keys(spoils);

export function spoiltForm(photo: Buffer, random: Random): Form {
  const what = random.pick(spoilNames);
  const made = spoils[what]?.(photo, random) ?? goodForm(photo);
  return { type: typeOf(BOUNDARY), ...made, what: `form: ${what}` };
}
