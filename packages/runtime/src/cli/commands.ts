/** The words of `kubewright runtime`. Neighbours: each file here is the code of one or a few of them, loaded when it runs. */
import { defineSettings } from '@kubewright/core';
import type { CliCommand, SettingValues } from '@kubewright/core';

const address = defineSettings({
  address: {
    type: 'string',
    default: 'unix:///run/kubewright/cri.sock',
    env: 'KUBEWRIGHT_RUNTIME_ADDRESS',
    description: "the runtime's socket; any CRI runtime will do",
  },
});
const control = defineSettings({
  control: {
    type: 'string',
    default: '/run/kubewright/runtime/control/control.sock',
    env: 'KUBEWRIGHT_RUNTIME_CONTROL',
    description: 'the socket for what CRI has no words for, of our runtime only',
  },
});
const streams = defineSettings({
  stdin: { type: 'boolean', letter: 'i', default: false, description: 'pass this input on' },
  tty: { type: 'boolean', letter: 't', default: false, description: 'with a terminal, as big as this one' },
});

export const serveOptions = defineSettings({
  ...address,
  ...control,
  root: { type: 'string', default: '/var/lib/kubewright/runtime', description: 'where images and records are kept' },
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
  cni: { type: 'list', default: ['/opt/cni/bin'], description: 'where CNI plugins are' },
  mirror: {
    type: 'list',
    default: [],
    description: 'HOST=URL: ask there first for images of a registry, or of all with HOST *',
    validate: (entries) =>
      entries.every((entry) => /^[^=]+=https?:\/\//.test(entry))
        ? undefined
        : 'must look like docker.io=https://mirror',
  },
  plugin: { type: 'list', default: [], description: 'packages with plugins to load' },
  snapshotter: { type: 'string', optional: true, description: 'which snapshotter, where plugins bring more than one' },
  network: { type: 'string', optional: true, description: 'which network, where plugins bring more than one' },
});

export const pullOptions = defineSettings({
  ...address,
  ...control,
  username: { type: 'string', optional: true, description: 'a user of the registry' },
  password: {
    type: 'string',
    optional: true,
    secret: true,
    flag: false,
    env: 'KUBEWRIGHT_REGISTRY_PASSWORD',
    description: "the user's password, from the environment alone",
  },
});

export const runOptions = defineSettings({
  ...pullOptions,
  ...streams,
  name: { type: 'string', optional: true, description: 'of the container; made up if it is not given' },
  env: { type: 'list', default: [], letter: 'e', description: 'NAME=VALUE to set in the container' },
  detach: { type: 'boolean', letter: 'd', default: false, description: 'print the id and leave it running' },
  hostNetwork: { type: 'boolean', default: false, description: "use this machine's network" },
});

export const execOptions = defineSettings({ ...address, ...streams });

export const logOptions = defineSettings({
  ...address,
  follow: { type: 'boolean', letter: 'f', default: false, description: 'go on as the container does' },
});

export const exportOptions = defineSettings({
  ...control,
  output: {
    type: 'string',
    letter: 'o',
    optional: true,
    description: 'the file, or for an OCI layout the directory (with a / at its end); the output if it is not given',
  },
});

export type PullOptions = SettingValues<typeof pullOptions>;

const time = defineSettings({
  time: { type: 'duration', default: 10_000, description: 'how long to wait before it is killed' },
});

/** The commands of this package, to be contributed to `CliCommand`. */
export const runtimeCommands: readonly CliCommand[] = [
  {
    name: 'runtime serve',
    summary: 'run the container runtime of this node, until stopped',
    options: serveOptions,
    load: async () => (await import('./serve.js')).serve,
  },
  {
    name: 'runtime ps',
    summary: 'list containers',
    options: {
      ...address,
      all: { type: 'boolean', letter: 'a', default: false, description: 'also those that do not run' },
    },
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
    summary: 'fetch an image and tell how far it is',
    options: pullOptions,
    positionals: 'IMAGE',
    load: async () => (await import('./pull.js')).pull,
  },
  {
    name: 'runtime run',
    summary: 'run a container in a pod of its own, and remove both at its end',
    options: runOptions,
    positionals: 'IMAGE [-- COMMAND...]',
    load: async () => (await import('./run.js')).run,
  },
  {
    name: 'runtime exec',
    summary: 'run a command in a container',
    options: execOptions,
    positionals: 'CONTAINER -- COMMAND...',
    load: async () => (await import('./exec.js')).exec,
  },
  {
    name: 'runtime logs',
    summary: 'print the log of a container',
    options: logOptions,
    positionals: 'CONTAINER',
    load: async () => (await import('./logs.js')).logs,
  },
  {
    name: 'runtime stats',
    summary: 'print what containers use',
    options: {
      ...address,
      watch: { type: 'boolean', letter: 'w', default: false, description: 'again every two seconds, until stopped' },
    },
    load: async () => (await import('./stats.js')).stats,
  },
  {
    name: 'runtime inspect',
    summary: 'print all that is known of a container',
    options: address,
    positionals: 'CONTAINER',
    load: async () => (await import('./inspect.js')).inspect,
  },
  {
    name: 'runtime stop',
    summary: 'stop containers',
    options: { ...address, ...time },
    positionals: 'CONTAINER...',
    load: async () => (await import('./remove.js')).stop,
  },
  {
    name: 'runtime rm',
    summary: 'remove containers, running ones too, with their pods where nothing else is in them',
    options: address,
    positionals: 'CONTAINER...',
    load: async () => (await import('./remove.js')).rm,
  },
  {
    name: 'runtime rmi',
    summary: 'remove images with all their names',
    options: address,
    positionals: 'IMAGE...',
    load: async () => (await import('./remove.js')).rmi,
  },
  {
    name: 'runtime import',
    summary: 'add the images of an archive or OCI layout',
    options: control,
    positionals: '[FILE|DIRECTORY]',
    load: async () => (await import('./archive.js')).importImages,
  },
  {
    name: 'runtime export',
    summary: 'write images to an archive that other tools read, too',
    options: exportOptions,
    positionals: 'IMAGE...',
    load: async () => (await import('./archive.js')).exportImages,
  },
];
