/** The commands that come with Kubewright. This is data: the code of a command is loaded when it runs. */
import { defineSettings } from '@kubewright/core';
import type { CliCommand } from '@kubewright/core';
import { cniCommands } from '@kubewright/network/commands';
import { runtimeCommands } from '@kubewright/runtime/commands';
import { clusterOptions } from './cluster-options.js';

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

export const graphOptions = defineSettings({
  plugin: clusterOptions.plugin,
  format: { type: 'enum', values: ['text', 'mermaid'], default: 'text', description: 'mermaid draws a flowchart' },
});

export const builtinCommands: readonly CliCommand[] = [
  {
    name: 'up',
    summary: 'start a cluster in this process and keep it until Ctrl-C',
    options: upOptions,
    load: async () => (await import('./up.js')).up,
  },
  {
    name: 'dev',
    summary: 'run a program on a cluster that stays while the program restarts with each change',
    positionals: 'FILE',
    options: clusterOptions,
    load: async () => (await import('./dev.js')).dev,
  },
  {
    name: 'graph',
    summary: 'print the plugins of a cluster and what they need of each other',
    options: graphOptions,
    load: async () => (await import('./graph.js')).graph,
  },
  ...runtimeCommands,
  ...cniCommands,
];
