import { defineSettings } from '@kubewright/core';

const whole = (most: number) => (value: number) =>
  Number.isInteger(value) && value >= 0 && value <= most ? undefined : `must be a whole number from 0 to ${most}`;

/** The options of commands that start a cluster. */
export const clusterOptions = defineSettings({
  port: {
    type: 'number',
    default: 0,
    env: 'KUBEWRIGHT_PORT',
    description: 'where the API server listens on 127.0.0.1; 0 takes a free port',
    validate: whole(65_535),
  },
  dataDir: {
    type: 'string',
    default: '.kubewright',
    env: 'KUBEWRIGHT_DATA_DIR',
    description: 'where credentials, objects and the kubeconfig are kept',
  },
  kubeconfig: {
    type: 'string',
    optional: true,
    env: 'KUBEWRIGHT_KUBECONFIG',
    description: 'the kubeconfig to write; by default the file kubeconfig in the data directory',
  },
  plugin: {
    type: 'list',
    default: [],
    env: 'KUBEWRIGHT_PLUGIN',
    description: 'an installed plugin package; may be repeated',
  },
  nodes: {
    type: 'number',
    default: 1,
    env: 'KUBEWRIGHT_NODES',
    description: 'how many nodes are simulated',
    validate: whole(256),
  },
  quiet: { type: 'boolean', default: false, description: 'print nothing but warnings and errors' },
});

export const upOptions = defineSettings({
  ...clusterOptions,
  port: { ...clusterOptions.port, default: 6443 },
  storage: {
    type: 'enum',
    values: ['sqlite', 'memory'],
    default: 'sqlite',
    env: 'KUBEWRIGHT_STORAGE',
    description: 'sqlite keeps the objects in the data directory, memory forgets them',
  },
});

export const pluginsOptions = defineSettings({
  plugin: clusterOptions.plugin,
  start: {
    type: 'boolean',
    default: false,
    description: 'start the cluster in memory, and stop it again, to see what starts, what is skipped and what fails',
  },
  output: { type: 'enum', values: ['table', 'json'], default: 'table', letter: 'o', description: 'how it is printed' },
});

export const graphOptions = defineSettings({
  plugin: clusterOptions.plugin,
  format: { type: 'enum', values: ['text', 'mermaid'], default: 'text', description: 'mermaid draws a flowchart' },
});
