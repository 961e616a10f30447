import { expect, test } from 'vitest';
import { problems } from '../src/problems.ts';

// Other programs depend on the codes and their statuses.
test('codes and statuses are those of the contract', () => {
  const codes = (wanted: number) =>
    Object.entries(problems)
      .flatMap(([code, { status }]) => (status === wanted ? code : []))
      .sort();
  expect(codes(400)).toEqual([
    'FILE_EMPTY',
    'FILE_MISSING',
    'INVALID_BODY',
    'INVALID_OPTION',
    'NOT_MULTIPART',
    'TOO_MANY_FILES',
    'UPLOAD_TRUNCATED',
  ]);
  expect(codes(401)).toEqual(['UNAUTHORIZED']);
  expect(codes(404)).toEqual(['NOT_FOUND']);
  expect(codes(405)).toEqual(['METHOD_NOT_ALLOWED']);
  expect(codes(408)).toEqual(['REQUEST_TIMEOUT']);
  expect(codes(413)).toEqual(['FILE_TOO_LARGE', 'TOO_MANY_PIXELS']);
  expect(codes(415)).toEqual(['UNSUPPORTED_FORMAT']);
  expect(codes(422)).toEqual(['IDEMPOTENCY_MISMATCH', 'IMAGE_UNREADABLE']);
  expect(codes(429)).toEqual(['RATE_LIMITED']);
  expect(codes(431)).toEqual(['HEADERS_TOO_LARGE']);
  expect(codes(500)).toEqual(['INTERNAL', 'JOB_FAILED']);
  expect(codes(503)).toEqual(['QUEUE_FULL', 'QUEUE_UNAVAILABLE', 'SHUTTING_DOWN']);
  expect(codes(504)).toEqual(['DEADLINE_EXCEEDED']);
});
