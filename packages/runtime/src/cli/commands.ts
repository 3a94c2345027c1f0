/** The words of `kubewright runtime`. Neighbours: each file here is the code of one of them, loaded when it runs. */
import type { CliCommand, Settings } from '@kubewright/core';

const address = {
  address: {
    type: 'string',
    default: 'unix:///run/kubewright/cri.sock',
    description: "the runtime's socket; any CRI runtime will do",
  },
} as const satisfies Settings;

/** The commands of this package, to be contributed to `CliCommand`. */
export const runtimeCommands: readonly CliCommand[] = [
  {
    name: 'runtime serve',
    summary: 'run the container runtime of this node, until stopped',
    options: {
      ...address,
      root: {
        type: 'string',
        default: '/var/lib/kubewright/runtime',
        description: 'where images and records are kept',
      },
      state: {
        type: 'string',
        default: '/run/kubewright/runtime',
        description: 'where things are kept that end with a reboot',
      },
      program: {
        type: 'string',
        default: 'crun',
        description: 'the OCI runtime: crun, runc, or one with their command line',
      },
      networks: {
        type: 'string',
        default: '/etc/cni/net.d',
        description: 'where CNI networks are configured; the first one connects pods',
      },
      plugins: { type: 'string', default: '/opt/cni/bin', description: 'where CNI plugins are' },
    },
    load: async () => (await import('./serve.js')).serve,
  },
  {
    name: 'runtime ps',
    summary: 'list containers',
    options: { ...address, all: { type: 'boolean', default: false, description: 'also those that do not run' } },
    load: async () => (await import('./list.js')).ps,
  },
  {
    name: 'runtime images',
    summary: 'list images',
    options: address,
    load: async () => (await import('./list.js')).images,
  },
  {
    name: 'runtime pull',
    summary: 'fetch an image',
    options: address,
    positionals: 'IMAGE',
    load: async () => (await import('./pull.js')).pull,
  },
  {
    name: 'runtime logs',
    summary: 'print the log of a container',
    options: { ...address, follow: { type: 'boolean', default: false, description: 'go on as the container does' } },
    positionals: 'CONTAINER',
    load: async () => (await import('./logs.js')).logs,
  },
  {
    name: 'runtime exec',
    summary: 'run a command in a container and print its output',
    options: address,
    positionals: 'CONTAINER COMMAND...',
    load: async () => (await import('./exec.js')).exec,
  },
  {
    name: 'runtime inspect',
    summary: 'print all that is known of a container',
    options: address,
    positionals: 'CONTAINER',
    load: async () => (await import('./inspect.js')).inspect,
  },
];
