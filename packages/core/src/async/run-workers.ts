/**
 * Works off items with so many workers side by side: each takes the next item when it is done with the one before, until
 * there is none. An item that fails ends its worker and lets the others take no more; the call rejects with the first
 * error when all have ended, so what may fail and be tried again is caught within `work`.
 *
 * ```ts
 * await runWorkers(4, () => queue.next(), async (item) => …);
 * ```
 *
 * @param next - undefined: no more.
 */
export async function runWorkers<T>(
  count: number,
  next: () => T | undefined | Promise<T | undefined>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    try {
      while (failures.length === 0) {
        const item = await next();
        if (item === undefined) return;
        await work(item);
      }
    } catch (error) {
      failures.push(error);
    }
  };
  await Promise.all(Array.from({ length: count }, worker));
  if (failures.length > 0) throw failures[0];
}
