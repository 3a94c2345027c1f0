/** The options of `kubewright runtime`, each table shared by the command's definition and its code. */
import { defineSettings } from '@kubewright/core';
import type { SettingValues } from '@kubewright/core';

export const addressOptions = defineSettings({
  address: {
    type: 'string',
    default: 'unix:///run/kubewright/cri.sock',
    env: 'KUBEWRIGHT_RUNTIME_ADDRESS',
    description: "the runtime's socket; any CRI runtime will do",
  },
});
export const controlOptions = defineSettings({
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
  ...addressOptions,
  ...controlOptions,
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
  ...addressOptions,
  ...controlOptions,
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

export const execOptions = defineSettings({ ...addressOptions, ...streams });

export const logOptions = defineSettings({
  ...addressOptions,
  follow: { type: 'boolean', letter: 'f', default: false, description: 'go on as the container does' },
});

export const exportOptions = defineSettings({
  ...controlOptions,
  output: {
    type: 'string',
    letter: 'o',
    optional: true,
    description: 'the file, or for an OCI layout the directory (with a / at its end); the output if it is not given',
  },
});

export type PullOptions = SettingValues<typeof pullOptions>;

export const psOptions = defineSettings({
  ...addressOptions,
  all: { type: 'boolean', letter: 'a', default: false, description: 'also those that do not run' },
});

export const statsOptions = defineSettings({
  ...addressOptions,
  watch: { type: 'boolean', letter: 'w', default: false, description: 'again every two seconds, until stopped' },
});

export const stopOptions = defineSettings({
  ...addressOptions,
  time: { type: 'duration', default: 10_000, description: 'how long to wait before it is killed' },
});
