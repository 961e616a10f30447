// Odd headers, queries, paths and methods.
import type { Random } from '../chaos/random.ts';
import type { Header } from './message.ts';

const LONG = 'x'.repeat(7000);
const UUID = '0b0f1d3e-6f0a-4c0e-9d2a-3f8c1b7a5e42';

/** Values for any header. */
const ANY = [
  '',
  ' ',
  '0',
  '-1',
  'null',
  '\xff\xfe',
  LONG,
  'a,b,,c',
  '"',
  '*',
  '{}',
  'undefined',
  '%00',
  '\t',
];

const known: Record<string, readonly string[]> = {
  'X-Request-Timeout': [
    ...['500', '500ms', '2s', '1', '0', '0s', '-5', '1e9', '9'.repeat(400), '1.5s', '10 s', 'NaN'],
    ...['99999999999s', '0x10', '2S', '+3'],
  ],
  'Idempotency-Key': [
    'a',
    'b',
    'c',
    'd',
    'é',
    'k'.repeat(255),
    'k'.repeat(256),
    'a b',
    '__proto__',
  ],
  'Cache-Control': [
    'no-cache',
    'no-store',
    'max-age=0',
    'no-cache='.repeat(300),
    'NO-CACHE',
    'xno-cachex',
  ],
  'Content-Type': [
    ...[
      'image/jpeg',
      'image/png',
      'image/',
      'image/*',
      'image/svg+xml',
      'IMAGE/JPEG; q=1',
      'text/plain',
    ],
    ...['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data', ';', '/'],
    ...['multipart/form-data; boundary=', 'application/octet-stream', 'image/jpeg, image/png'],
  ],
  traceparent: [
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '00-00000000000000000000000000000000-0000000000000000-00',
    ...[
      'ff-x-y-z',
      '00-4bf92f',
      `00-${'a'.repeat(5000)}-b-01`,
      '01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x',
    ],
  ],
  tracestate: ['a=b', 'a='.repeat(600), ',,,', '=', 'a@b=c,'.repeat(60)],
  baggage: ['a=b', `k=${LONG}`, '%%%'],
  Authorization: [
    'Bearer x',
    'Bearer ',
    'Basic Og==',
    'Basic \xff',
    'Bearer a b',
    LONG,
    'bearer',
    'Digest x',
  ],
  'X-Api-Key': ['x', LONG, '\xe9', ','],
  'X-Request-Id': ['x', LONG, '\x09', `a'; --`],
  Accept: ['text/html', '*/*', 'application/json;q=0', ',;', 'a/b'.repeat(300)],
  'Accept-Encoding': ['gzip', 'br;q=2', 'identity;q=0', '*;q=0'],
  'Content-Encoding': ['gzip', 'br', 'identity', 'x'],
  'X-Forwarded-For': [
    '1.2.3.4',
    '::1',
    ', ,',
    'a'.repeat(3000),
    '127.0.0.1, '.repeat(200),
    '[::1]:99999',
  ],
  'X-Forwarded-Proto': ['https', 'javascript:', 'a,b'],
  'X-Forwarded-Host': ['example.com', 'a b', '<script>'],
  Forwarded: ['for="[::1]"', 'for=;', 'for='.repeat(500)],
  Host: ['example.com', '', '[::1]', 'a:b:c', LONG, '127.0.0.1:99999'],
  Origin: ['null', 'https://example.com', '*', 'file://'],
  'Access-Control-Request-Method': ['POST', 'x'],
  'If-None-Match': ['*', '"x"', LONG],
  'If-Modified-Since': ['x', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  Range: ['bytes=0-', 'bytes=5-1', 'bytes=-0', 'bytes=0-1,2-3,4-', 'x'],
  Cookie: ['a=b', '__proto__=x', ';;;', LONG],
  Expect: ['100-continue', '200-ok', '100-continue, x'],
  Referer: ['javascript:alert(1)', LONG],
  'Inference-Header-Content-Length': ['0', '-1', '10', '999999999999', 'x', '1e3'],
};

const names = Object.keys(known);

function oddHeader(random: Random): Header {
  const name = random.pick(names);
  return [name, random.pick(random.chance(0.7) ? (known[name] ?? ANY) : ANY)];
}

/** Some of a request's headers, so many at times that they are refused. */
export function oddHeaders(random: Random): Header[] {
  const some = Array.from({ length: 1 + random.below(4) }, () => oddHeader(random));
  if (random.chance(0.03)) {
    const count = random.pick([100, 1900, 2100, 5000]);
    return [...some, ...Array.from({ length: count }, (_, i): Header => [`x${i}`, 'y'])];
  }
  if (random.chance(0.05))
    return [...some, ['X-Long', 'x'.repeat(random.pick([15_900, 16_400, 70_000]))]];
  return some;
}

const TOP_K = [
  ...[
    '1',
    '5',
    '1000',
    '0',
    '1001',
    '-1',
    '',
    '1.5',
    '1e3',
    'x',
    '%00',
    '9'.repeat(300),
    '٣',
    '+5',
    '05',
    '0x5',
  ],
  ...['5&topK=6', '[]', '5%26explain', 'NaN', 'Infinity', '__proto__'],
];
const QUERIES = [
  ...[
    'explain=true',
    'explain=1',
    'explain',
    'topk=5',
    '__proto__[x]=1',
    'constructor=x',
    '%',
    '%zz',
    '%ff%fe',
  ],
  ...[
    '=',
    '&&&',
    `a=${LONG}`,
    'topK[]=5',
    'topK.x=5',
    `${'a=b&'.repeat(1500)}x`,
    '?',
    '#x',
    'format=jsonl',
    '%0d%0ax: y',
  ],
];

export function oddQuery(random: Random): string {
  const topK = `topK=${random.pick(TOP_K)}`;
  const other = random.pick(QUERIES);
  return `?${random.pick([topK, topK, other, `${topK}&${other}`])}`;
}

/** Everything that the contract names, there or not. */
export const PATHS = [
  ...['/', '/predict', '/jobs', '/labels', '/model', '/healthz', '/readyz', '/metrics', '/docs'],
  ...[
    '/openapi.json',
    '/feedback',
    '/feedback?format=csv',
    '/feedback?cursor=1-1&limit=2',
    '/assets/page.js',
    '/assets/page.css',
  ],
  ...['/v2', '/v2/health/live', '/v2/health/ready', '/v2/models/testcard-int8', '/docs/json'],
  ...[
    '/v2/models/testcard-int8/ready',
    '/v2/models/testcard-int8/versions/1',
    '/docs/static/index.html',
  ],
  ...[`/jobs/${UUID}`, `/display/${UUID}`],
];

const IDS = [
  ...[
    UUID,
    UUID.toUpperCase(),
    UUID.slice(1),
    `${UUID}x`,
    '*',
    '..',
    '%2e%2e',
    '%00',
    '{0}',
    'x'.repeat(4000),
  ],
  ...[
    '-'.repeat(36),
    '0'.repeat(36),
    '%0a'.repeat(12),
    '..%2f..%2fetc%2fpasswd',
    '%ff',
    '%',
    '__proto__',
  ],
];

const ODD_PATHS = [
  ...[
    '//',
    '/predict/',
    '/PREDICT',
    '/predict%00',
    '/%70redict',
    '/./predict',
    '/a/../predict',
    '/predict;x',
  ],
  ...[
    '/assets/../app.ts',
    '/assets/..%2f..%2fapp.ts',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/',
    '/assets',
  ],
  ...[
    '/assets/..%5c..%5cx',
    '/assets/page.js%00.png',
    '/.env',
    '/docs/../openapi.json',
    '/%',
    '/%ff',
    '/\xff',
  ],
  ...[
    `/${'x'.repeat(5000)}`,
    `/${'../'.repeat(500)}`,
    `/${'a/'.repeat(2000)}`,
    '*',
    'http://example.com/predict',
  ],
  ...[
    'example.com:443',
    '/v2/models/..%2f',
    '/v2/models//infer',
    `/v2/models/${'x'.repeat(2000)}/infer`,
    '\\',
    '/?',
  ],
];

export function oddPath(random: Random): string {
  const id = () => random.pick(IDS);
  return random.pick([
    random.pick(PATHS),
    random.pick(ODD_PATHS),
    `/jobs/${id()}`,
    `/display/${id()}`,
    `/v2/models/${id()}`,
  ]);
}

const METHODS = [
  ...[
    'GET',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'HEAD',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
    'MKCOL',
    'SEARCH',
  ],
  ...['QUERY', 'PURGE', 'LOCK', 'M-SEARCH', 'SOURCE', 'get', 'POSTS', 'X'],
];

export const oddMethod = (random: Random): string => random.pick(METHODS);
