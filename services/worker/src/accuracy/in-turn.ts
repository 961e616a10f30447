// Works through a list, some at a time.

/** Rejects with the first failure. */
export async function inTurn<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  // All lanes take from one iterator.
  const queue = items.entries();
  const lane = async () => {
    for (const [i, item] of queue) await work(item, i);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
}
