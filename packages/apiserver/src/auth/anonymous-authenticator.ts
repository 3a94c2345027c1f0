/**
 * Who asks, and whether he may: authenticators, authorizers and impersonation. Neighbours: the pipeline asks them once
 * per request; `rbac` is the authorizer.
 */
import { Plugin, last } from '@kubewright/core';
import { Authenticator } from './authenticator.js';
import type { AuthenticationRequest, User } from './authenticator.js';
import { bearerToken } from './token-authenticator.js';

/** Who shows no credential. Upstream's names. */
export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/**
 * Lets in who shows no credential at all, as `system:anonymous` of the group `system:unauthenticated`: probes and load
 * balancers have none. What that user may do is for roles to say; the server's own let it read `/healthz`, `/livez`,
 * `/readyz` and `/version` (the ClusterRole `system:public-info-viewer`) and nothing else. A credential that is wrong makes
 * nobody anonymous: it is answered 401. Goes last; a server without it answers 401 to all who show nothing, as upstream
 * does with `--anonymous-auth=false`.
 */
@Plugin({ name: 'anonymous-authenticator', contributes: [last(Authenticator)] })
export class AnonymousAuthenticator implements Authenticator {
  authenticate(request: AuthenticationRequest): Promise<User | undefined> {
    const wrong = request.certificateProblem !== undefined || bearerToken(request) !== undefined;
    return Promise.resolve(wrong ? undefined : anonymous);
  }
}
