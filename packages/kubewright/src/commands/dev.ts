import { access } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { SystemClock } from '@kubewright/core';
import type { CliHandler } from '@kubewright/core';
import { FileChanges } from '../dev/file-changes.js';
import { ProgramRunner } from '../dev/program-runner.js';
import { devKubeconfigVariable } from '../connections/embedded.js';
import { kubewrightErrors } from '../errors/kubewright-errors.js';
import { openCluster, runToEnd } from './open-cluster.js';
import type { ClusterSettings } from './open-cluster.js';

/** `kubewright dev FILE`: the cluster lives in this process, the program in one of its own that every change starts anew. */
export const dev: CliHandler = async ({ options, positionals, signal }) => {
  const [name, surplus] = positionals;
  if (name === undefined) throw kubewrightErrors.USAGE({ problem: 'FILE is missing', command: 'dev' });
  if (surplus !== undefined) throw kubewrightErrors.USAGE({ problem: `'${surplus}' is too much`, command: 'dev' });
  const file = resolve(name);
  await access(file).catch(() => {
    throw kubewrightErrors.FILE_NOT_FOUND({ path: name });
  });
  const settings = options as ClusterSettings;
  const print = (text: string): void => void (settings.quiet || process.stdout.write(`${text}\n`));
  const open = await openCluster(settings, 'memory', signal);
  const { cluster, kubeconfig } = open;
  const program = new ProgramRunner({
    file,
    env: { ...process.env, KUBECONFIG: kubeconfig, [devKubeconfigVariable]: kubeconfig },
    clock: new SystemClock(),
    onExit: (how) => {
      if (!signal.aborted) print(`${name} ${how}; waiting for a change`);
    },
  });
  const changes = new FileChanges(file, new SystemClock());
  print(`the API server is ready at ${cluster.url}; kubeconfig: ${relative('', kubeconfig)}`);
  try {
    await runToEnd(open, signal, {
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
