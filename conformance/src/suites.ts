import type { Suite } from './runner/suite.js';

/** Every suite by name; loaded when asked for. */
export const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  cni: async () => (await import('./cni/cni-suite.js')).cniSuite,
  cri: async () => (await import('./cri/cri-suite.js')).criSuite,
  kubelet: async () => (await import('./kubelet/kubelet-suite.js')).kubeletSuite,
  'cri-crictl': async () => (await import('./cri/crictl-suite.js')).crictlSuite,
  csi: async () => (await import('./csi/csi-suite.js')).csiSuite,
  'csi-block': async () => (await import('./csi/csi-suite.js')).csiBlockSuite,
};
