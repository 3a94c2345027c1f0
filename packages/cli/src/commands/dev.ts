import { access } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { CommandHandler } from '@kubewright/core';
import { FileChanges } from '../dev/file-changes.js';
import { ProgramRunner } from '../dev/program-runner.js';
import { devKubeconfigVariable } from 'kubewright';
import { cliErrors } from '../errors.js';
import type { clusterOptions } from './cluster-options.js';
import { openCluster, runToEnd } from './open-cluster.js';

/** `kubewright dev FILE`: the cluster lives in this process, the program in one of its own that every change starts anew. */
export const dev: CommandHandler<typeof clusterOptions> = async (invocation) => {
  const { options: settings, positionals, io, clock, env, directory, signal } = invocation;
  const [name, surplus] = positionals;
  if (name === undefined) throw cliErrors.USAGE({ problem: 'FILE is missing', command: 'dev' });
  if (surplus !== undefined) throw cliErrors.USAGE({ problem: `'${surplus}' is too much`, command: 'dev' });
  const file = resolve(directory, name);
  await access(file).catch(() => {
    throw cliErrors.FILE_NOT_FOUND({ path: name });
  });
  const print = (text: string): void => void (settings.quiet || io.stdout.write(`${text}\n`));
  const open = await openCluster('memory', invocation);
  const { cluster, kubeconfig } = open;
  const program = new ProgramRunner({
    file,
    env: { ...env, KUBECONFIG: kubeconfig, [devKubeconfigVariable]: kubeconfig },
    clock,
    onExit: (how) => {
      if (!signal.aborted) print(`${name} ${how}; waiting for a change`);
    },
  });
  const changes = new FileChanges(file, clock);
  print(`the API server is ready at ${cluster.url}; kubeconfig: ${relative('', kubeconfig)}`);
  try {
    await runToEnd(open, invocation, {
      running: () => {
        void program.restart();
        changes.watch((changed) => {
          print(`${relative('', changed)} changed: starting ${name} again`);
          void program.restart();
        });
      },
    });
  } finally {
    changes.close();
    await program.stop();
  }
};
