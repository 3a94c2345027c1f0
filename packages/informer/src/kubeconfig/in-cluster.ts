import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SystemClock } from '@kubewright/core';
import { informerErrors } from '../errors/informer-errors.js';
import { HttpTransport } from '../transport/http-transport.js';
import type { ClusterConnection } from './cluster-connection.js';
import { TokenFile } from './token-file.js';

export interface InClusterOptions {
  /** The folder of the service account's files. Default: `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly directory?: string;
  /** Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The cluster that this process runs in as a Pod, with the Pod's service account. The token's file is read again as it rotates. */
export function inCluster(options: InClusterOptions = {}): ClusterConnection {
  const { directory = '/var/run/secrets/kubernetes.io/serviceaccount', env = process.env } = options;
  return {
    name: 'in-cluster',
    async open({ clock = new SystemClock() } = {}) {
      const host = env['KUBERNETES_SERVICE_HOST'];
      const port = env['KUBERNETES_SERVICE_PORT'];
      if (!host || !port)
        throw informerErrors.NOT_IN_CLUSTER({ missing: 'KUBERNETES_SERVICE_HOST or KUBERNETES_SERVICE_PORT' });
      const read = async (name: string): Promise<string> => {
        const path = join(directory, name);
        return readFile(path, 'utf8').catch((cause: unknown) => {
          throw informerErrors.NOT_IN_CLUSTER({ missing: path }, { cause });
        });
      };
      const [ca, namespace] = await Promise.all([read('ca.crt'), read('namespace'), read('token')]);
      const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
      const transport = new HttpTransport({ server, ca, credentials: new TokenFile(join(directory, 'token'), clock) });
      return { transport, namespace: namespace.trim() };
    },
  };
}
