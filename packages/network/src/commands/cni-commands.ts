/** The commands around the plugins. This is data: the code of a command is loaded when it runs. */
import { defineSettings } from '@kubewright/core';
import type { CliCommand, SettingValues } from '@kubewright/core';

/** Settings that several commands have. */
export const pathSettings = defineSettings({
  socket: {
    type: 'string',
    default: '/run/kubewright/cni/daemon.sock',
    env: 'KUBEWRIGHT_CNI_SOCKET',
    description: 'where the daemon listens',
  },
  binDir: { type: 'string', default: '/opt/cni/bin', description: 'where the runtime looks for plugins' },
  confDir: { type: 'string', default: '/etc/cni/net.d', description: 'where the runtime looks for networks' },
  file: { type: 'string', default: '10-kubewright.conflist', description: 'name of the network list' },
});

export const installSettings = defineSettings({
  ...pathSettings,
  subnet: {
    type: 'list',
    default: ['10.85.0.0/24'],
    description: 'networks that pods get addresses of, one per address family',
  },
  list: { type: 'string', optional: true, description: 'a network list to install instead of the default one' },
  wait: { type: 'duration', default: 10_000, description: 'how long to wait for the daemon to answer' },
});

export const serveSettings = defineSettings({
  socket: pathSettings.socket,
  stateDir: {
    type: 'string',
    default: '/run/kubewright/cni',
    description: 'where attachments are written down; lost with a restart of the machine',
  },
});

export type InstallOptions = SettingValues<typeof installSettings>;
export type UninstallOptions = SettingValues<typeof pathSettings>;
export type ServeOptions = SettingValues<typeof serveSettings>;

/** `kubewright cni install`, `cni uninstall` and `cni serve`, to be contributed to `CliCommand`. */
export const cniCommands: readonly CliCommand[] = [
  {
    name: 'cni install',
    summary: 'put the network plugins and a network where the container runtime finds them',
    options: installSettings,
    load: async () => (await import('./install.js')).install,
  },
  {
    name: 'cni uninstall',
    summary: 'take the network and the network plugins away',
    options: pathSettings,
    load: async () => (await import('./install.js')).uninstallAll,
  },
  {
    name: 'cni serve',
    summary: 'serve the network plugins until Ctrl-C',
    options: serveSettings,
    load: async () => (await import('./serve.js')).serve,
  },
];
