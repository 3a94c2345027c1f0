/** Lets the event loop serve others, sockets and timers included, before a long piece of work goes on. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
