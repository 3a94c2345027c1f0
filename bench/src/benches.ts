import type { Bench } from './runner/bench.js';

/** Every benchmark by name; loaded when asked for. */
export const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  startup: async () => (await import('./startup/startup-bench.js')).startupBench,
};
