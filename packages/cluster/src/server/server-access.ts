/** The API server of an embedded cluster, and the ways into it. The server itself is `@kubewright/apiserver`. */
import type { User } from '@kubewright/apiserver';
import { token } from '@kubewright/core';
import type { Token } from '@kubewright/core';
import type { Transport } from '@kubewright/informer';

/** Ways into the cluster's API server for parts of the same process. */
export interface ServerAccess {
  /** Requests in the name of a user, without a socket. Authorization applies to them like to all others. */
  transport(user: User): Transport;
}

export const ServerAccess: Token<ServerAccess> = token('@kubewright/cluster/ServerAccess');
