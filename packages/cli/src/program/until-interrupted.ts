const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs something that the first SIGINT or SIGTERM asks to end, by its signal; the second ends the process at once, with the
 * exit code that a shell gives such a death. Work that gives up because it was asked to has not failed: undefined then.
 */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const stop = new AbortController();
  const listener = (name: keyof typeof exitCodes) => (): void => {
    if (stop.signal.aborted) process.exit(exitCodes[name]);
    stop.abort(new Error(`received ${name}`));
  };
  const [onInterrupt, onTerminate] = [listener('SIGINT'), listener('SIGTERM')];
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate);
  try {
    return await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted || error !== stop.signal.reason) throw error;
    return undefined;
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate);
  }
}
