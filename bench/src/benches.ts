import type { Bench } from './runner/bench.js';

/** Every benchmark by name; loaded when asked for. */
export const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  csi: async () => (await import('./csi/csi-bench.js')).csiBench,
  cri: async () => (await import('./cri/cri-bench.js')).criBench,
  cni: async () => (await import('./cni/cni-bench.js')).cniBench,
  startup: async () => (await import('./startup/startup-bench.js')).startupBench,
};
