import type { Clock } from '@kubewright/core';
import type { Transport } from '../transport/transport.js';

export interface OpenConnection {
  readonly transport: Transport;
  /** The namespace for objects that name none. */
  readonly namespace: string;
}

export interface ClusterConnection {
  /** Names the cluster in logs, as `staging` or `in-cluster`. */
  readonly name: string;
  /**
   * Reads files and credentials and makes the transport; the caller closes it. Sends nothing yet. Rejects with an error
   * that names the file and the field where something is missing.
   */
  open(services?: { readonly clock?: Clock }): Promise<OpenConnection>;
}
