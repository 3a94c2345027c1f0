import { defineCommand } from '@kubewright/core';
import type { CliCommand } from '@kubewright/core';
import {
  addressOptions,
  controlOptions,
  execOptions,
  exportOptions,
  logOptions,
  psOptions,
  pullOptions,
  runOptions,
  serveOptions,
  statsOptions,
  stopOptions,
} from './options.js';

/** The commands of this package, to be contributed to `CliCommand`. */
export const runtimeCommands: readonly CliCommand[] = [
  defineCommand({
    name: 'runtime serve',
    summary: 'run the container runtime of this node, until stopped',
    options: serveOptions,
    load: async () => (await import('./serve.js')).serve,
  }),
  defineCommand({
    name: 'runtime ps',
    summary: 'list containers',
    options: psOptions,
    load: async () => (await import('./list.js')).ps,
  }),
  defineCommand({
    name: 'runtime images',
    summary: 'list images',
    options: addressOptions,
    load: async () => (await import('./list.js')).images,
  }),
  defineCommand({
    name: 'runtime pull',
    summary: 'fetch an image and tell how far it is',
    options: pullOptions,
    positionals: 'IMAGE',
    load: async () => (await import('./pull.js')).pull,
  }),
  defineCommand({
    name: 'runtime run',
    summary: 'run a container in a pod of its own, and remove both at its end',
    options: runOptions,
    positionals: 'IMAGE [-- COMMAND...]',
    load: async () => (await import('./run.js')).run,
  }),
  defineCommand({
    name: 'runtime exec',
    summary: 'run a command in a container',
    options: execOptions,
    positionals: 'CONTAINER -- COMMAND...',
    load: async () => (await import('./exec.js')).exec,
  }),
  defineCommand({
    name: 'runtime logs',
    summary: 'print the log of a container',
    options: logOptions,
    positionals: 'CONTAINER',
    load: async () => (await import('./logs.js')).logs,
  }),
  defineCommand({
    name: 'runtime stats',
    summary: 'print what containers use',
    options: statsOptions,
    load: async () => (await import('./stats.js')).stats,
  }),
  defineCommand({
    name: 'runtime inspect',
    summary: 'print all that is known of a container',
    options: addressOptions,
    positionals: 'CONTAINER',
    load: async () => (await import('./inspect.js')).inspect,
  }),
  defineCommand({
    name: 'runtime stop',
    summary: 'stop containers',
    options: stopOptions,
    positionals: 'CONTAINER...',
    load: async () => (await import('./remove.js')).stop,
  }),
  defineCommand({
    name: 'runtime rm',
    summary: 'remove containers, running ones too, with their pods where nothing else is in them',
    options: addressOptions,
    positionals: 'CONTAINER...',
    load: async () => (await import('./remove.js')).rm,
  }),
  defineCommand({
    name: 'runtime rmi',
    summary: 'remove images with all their names',
    options: addressOptions,
    positionals: 'IMAGE...',
    load: async () => (await import('./remove.js')).rmi,
  }),
  defineCommand({
    name: 'runtime import',
    summary: 'add the images of an archive or OCI layout',
    options: controlOptions,
    positionals: '[FILE|DIRECTORY]',
    load: async () => (await import('./archive.js')).importImages,
  }),
  defineCommand({
    name: 'runtime export',
    summary: 'write images to an archive that other tools read, too',
    options: exportOptions,
    positionals: 'IMAGE...',
    load: async () => (await import('./archive.js')).exportImages,
  }),
];
