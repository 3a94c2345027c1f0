/** The commands around the plugins. This is data: the code of a command is loaded when it runs. */
import { defineCommand } from '@kubewright/core';
import type { CliCommand } from '@kubewright/core';
import { installSettings, overlaySettings, pathSettings, serveSettings } from './options.js';

/** `kubewright cni install`, `cni uninstall`, `cni serve` and `cni overlay`, to be contributed to `CliCommand`. */
export const cniCommands: readonly CliCommand[] = [
  defineCommand({
    name: 'cni install',
    summary: 'put the network plugins and a network where the container runtime finds them',
    options: installSettings,
    load: async () => (await import('./install.js')).install,
  }),
  defineCommand({
    name: 'cni uninstall',
    summary: 'take the network and the network plugins away',
    options: pathSettings,
    load: async () => (await import('./install.js')).uninstallAll,
  }),
  defineCommand({
    name: 'cni serve',
    summary: 'serve the network plugins until Ctrl-C',
    options: serveSettings,
    load: async () => (await import('./serve.js')).serve,
  }),
  defineCommand({
    name: 'cni overlay',
    summary: "connect this machine's pods with those of other nodes until Ctrl-C",
    options: overlaySettings,
    load: async () => (await import('./overlay.js')).runOverlay,
  }),
];
