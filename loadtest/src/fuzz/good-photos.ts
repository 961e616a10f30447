// Photos that nothing was done to: whatever else comes, these are answered rightly.
import { setTimeout as pause } from 'node:timers/promises';
import { type PhotoName, testPhoto } from '@synset/shared/testing';
import { ask } from '../chaos/http.ts';

/** A refusal for want of room is honest, and the room comes back. */
const TRIES = 50;
const RETRY_MS = 200;

/** What was not answered, or wrongly, in words. */
export async function wrongAnswers(
  url: string,
  right: ReadonlyMap<PhotoName, string>,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const [name, category] of right) {
    const answer = await insist(`${url}/predict`, testPhoto(name)).catch((error) => `${error}`);
    if (answer !== category) wrong.push(`${name}: ${answer} instead of ${category}`);
  }
  return wrong;
}

async function insist(url: string, photo: Buffer): Promise<string> {
  const headers = { 'content-type': 'image/jpeg', 'cache-control': 'no-cache' };
  for (let tries = 1; ; tries++) {
    const { status, body } = await ask(url, { headers, body: photo });
    if (status === 200) return (body as { prediction: string }).prediction;
    if (tries === TRIES || (status !== 503 && status !== 504)) return `status ${status}`;
    await pause(RETRY_MS);
  }
}
