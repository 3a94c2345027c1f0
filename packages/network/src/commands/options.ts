/** The options of `kubewright cni`, each table shared by the command's definition and its code. */
import { defineSettings } from '@kubewright/core';

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
  file: {
    type: 'string',
    default: '10-kubewright.conflist',
    description: 'name of the network list',
    validate: (name) => (/^[^/]+\.conflist$/.test(name) ? undefined : "must be a file's name that ends in .conflist"),
  },
});

const stateDir = {
  type: 'string',
  default: '/run/kubewright/cni',
  description: 'where attachments are written down; lost with a restart of the machine',
} as const;

export const installSettings = defineSettings({
  ...pathSettings,
  stateDir: { ...stateDir, description: 'that of the daemon, for calls while it is away' },
  subnet: {
    type: 'list',
    default: ['10.85.0.0/24'],
    description: 'networks that pods get addresses of, one per address family',
  },
  cluster: {
    type: 'boolean',
    default: false,
    description: "take the networks that the cluster gave this machine's node, which cni overlay finds out",
  },
  list: { type: 'string', optional: true, description: 'a network list to install instead of the default one' },
  wait: { type: 'duration', default: 10_000, description: 'how long to wait for the daemon to answer' },
  force: {
    type: 'boolean',
    default: false,
    description: 'replace other plugins of the same names, which cni uninstall puts back',
  },
});

export const serveSettings = defineSettings({
  socket: pathSettings.socket,
  stateDir,
});

const whole = (least: number, most: number) => (value: number) =>
  Number.isInteger(value) && value >= least && value <= most
    ? undefined
    : `must be a whole number from ${least} to ${most}`;

export const overlaySettings = defineSettings({
  node: { type: 'string', env: 'KUBEWRIGHT_NODE', description: "name of this machine's node" },
  kubeconfig: {
    type: 'string',
    optional: true,
    description: 'how to reach the cluster; by default as kubectl finds it',
  },
  context: { type: 'string', optional: true, description: 'context of the kubeconfig; by default its current one' },
  inCluster: {
    type: 'boolean',
    default: false,
    description: 'reach the cluster as a pod of it, by its service account',
  },
  family: { type: 'enum', values: ['4', '6'], default: '4', description: 'family of the addresses that tunnels use' },
  device: { type: 'string', default: 'kubewright.1', description: "name of the tunnels' device" },
  vni: {
    type: 'number',
    default: 1,
    description: "the tunnels' network number, equal on all nodes",
    validate: whole(1, 0xffffff),
  },
  port: {
    type: 'number',
    default: 8472,
    description: 'UDP port of the tunnels, equal on all nodes',
    validate: whole(1, 65_535),
  },
  masquerade: {
    type: 'boolean',
    default: true,
    description: "whether what pods send to others than pods gets the machine's address",
  },
  stateDir,
});
