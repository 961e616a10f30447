// The closed loop's process: autocannon, whose every connection is a user.

import { readFile } from 'node:fs/promises';
import autocannon, { type Client } from 'autocannon';
import { answerCalls } from '../child.ts';
import { now } from '../reliability/sent.ts';
import type { Run } from './answers.ts';
import type { ClosedRound } from './closed.ts';
import { TIMEOUT_S, User } from './user.ts';

/** Runs are ended by us. */
const FOR_EVER_S = 3600;
/** Lost connections after which there is nothing to measure: each is followed by a new one at once. */
const MOST_ERRORS = 1000;

const files = new Map<string, Buffer>();

async function read(photos: readonly string[]): Promise<Buffer[]> {
  for (const photo of photos) files.set(photo, files.get(photo) ?? (await readFile(photo)));
  return photos.map((photo) => files.get(photo) as Buffer);
}

/** The load counts when each user has had an answer: until then it rises. */
async function round({ url, photos, users: count, ms }: ClosedRound): Promise<Run> {
  const bodies = await read(photos);
  const users: User[] = [];
  let from = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const onAnswer = () => {
    if (timer || users.length < count || users.some(({ answers }) => answers.length === 0)) return;
    from = now();
    timer = setTimeout(() => {
      for (const user of users) user.end();
    }, ms);
  };
  await fire(url, count, (client) => users.push(new User(client, users.length, bodies, onAnswer)));
  clearTimeout(timer);
  return { answers: users.flatMap((user) => user.close()), from, to: from + ms };
}

function fire(url: string, connections: number, setupClient: (client: Client) => void) {
  const limits = { duration: FOR_EVER_S, timeout: TIMEOUT_S, bailout: MOST_ERRORS, sampleInt: 50 };
  return new Promise<void>((resolve, reject) => {
    autocannon({ url, connections, ...limits, setupClient }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

answerCalls(round);
