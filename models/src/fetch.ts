// Fetches a model by its name, or what the card of one's own names. Apart from the rest of the
// package, so that workers do not load what they never use.
import { type Downloaded, type DownloadOptions, downloadModel } from './download.ts';
import { findCard } from './find.ts';

export { Progress } from './download/progress.ts';
export { useProxies } from './download/proxy.ts';

/**
 * @param model a name in the catalogue, or the path of a JSON card with urls, bytes and sha256
 * @returns undefined where there is nothing to fetch: it is made here, or its card has no urls
 * @throws {ModelError} when there is no such model, or its file cannot be brought
 * @throws the reason of `options.signal` when it was aborted
 */
export async function fetchModel(
  model: string,
  modelDir: string,
  options: DownloadOptions = {},
): Promise<Downloaded | undefined> {
  const { card, folder } = await findCard(model, modelDir);
  if (!card.urls?.length) return undefined;
  return downloadModel(card, folder, options);
}
