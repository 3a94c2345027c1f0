/** The credentials of an embedded cluster: its authority, and how its administrator proves who he is. */
import { Authenticator, TokenAuthenticator } from '@kubewright/apiserver';
import type { AuthenticationRequest, User } from '@kubewright/apiserver';
import { Plugin, inject } from '@kubewright/core';
import { ClusterCredentials, clusterAdmin } from './cluster-credentials.js';

/** Knows the administrator by the token of his kubeconfig. */
@Plugin({ name: 'admin-token-authenticator', contributes: [Authenticator] })
export class AdminTokenAuthenticator implements Authenticator {
  #tokens: TokenAuthenticator | undefined;

  constructor(@inject(ClusterCredentials) private readonly credentials: ClusterCredentials) {}

  authenticate(request: AuthenticationRequest): Promise<User | undefined> {
    // Read from the data directory, or made, when the credentials start.
    this.#tokens ??= new TokenAuthenticator([{ token: this.credentials.adminToken, user: clusterAdmin }]);
    return this.#tokens.authenticate(request);
  }
}
