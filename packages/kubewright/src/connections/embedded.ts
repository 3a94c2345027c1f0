/** Connections that load what they need when they are opened: a program for a real cluster never loads an embedded one. */
import type { EmbeddedConnectionOptions } from '@kubewright/cluster';
import { hasCode, messageOf } from '@kubewright/core';
import { kubeconfig } from '@kubewright/informer';
import type { ClusterConnection } from '@kubewright/informer';
import { kubewrightErrors } from '../errors/kubewright-errors.js';

/** Set by `kubewright dev` for the program that it runs: the kubeconfig of the cluster that it keeps for it. */
export const devKubeconfigVariable = 'KUBEWRIGHT_DEV_KUBECONFIG';

/**
 * A cluster inside this process: started when the connection is opened, stopped when the program stops. Under `kubewright dev`
 * it is the cluster of that command, which outlives restarts of the program.
 *
 * @throws `EMBEDDED_NOT_INSTALLED`, when opened, where the package `@kubewright/cluster` is missing: an operator's production
 *   image leaves it out.
 */
export function embedded(options: EmbeddedConnectionOptions = {}): ClusterConnection {
  const path = process.env[devKubeconfigVariable];
  if (path !== undefined && path !== '') return kubeconfig({ path });
  return {
    name: options.name ?? 'embedded',
    async open(services) {
      return await (await cluster()).embeddedConnection(options).open(services);
    },
  };
}

async function cluster() {
  try {
    return await import('@kubewright/cluster');
  } catch (cause) {
    throw hasCode(cause, 'ERR_MODULE_NOT_FOUND') && messageOf(cause).includes('@kubewright/cluster')
      ? kubewrightErrors.EMBEDDED_NOT_INSTALLED({}, { cause })
      : cause;
  }
}
