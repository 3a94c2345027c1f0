/** The commands that come with Kubewright. This is data: the code of a command is loaded when it runs. */
import { defineCommand } from '@kubewright/core';
import type { CliCommand } from '@kubewright/core';
import { cniCommands } from '@kubewright/network/commands';
import { runtimeCommands } from '@kubewright/runtime/commands';
import { clusterOptions, graphOptions, pluginsOptions, upOptions } from './cluster-options.js';

export const builtinCommands: readonly CliCommand[] = [
  defineCommand({
    name: 'up',
    summary: 'start a cluster in this process and keep it until Ctrl-C',
    options: upOptions,
    load: async () => (await import('./up.js')).up,
  }),
  defineCommand({
    name: 'dev',
    summary: 'run a program on a cluster that stays while the program restarts with each change',
    positionals: 'FILE',
    options: clusterOptions,
    load: async () => (await import('./dev.js')).dev,
  }),
  defineCommand({
    name: 'graph',
    summary: 'print the plugins of a cluster and what they need of each other',
    options: graphOptions,
    load: async () => (await import('./graph.js')).graph,
  }),
  defineCommand({
    name: 'plugins',
    summary: 'list the plugins of a cluster, how each fares, what it extends and what it needs',
    options: pluginsOptions,
    load: async () => (await import('./plugins.js')).plugins,
  }),
  ...runtimeCommands,
  ...cniCommands,
];
