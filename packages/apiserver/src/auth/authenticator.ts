/**
 * Who asks. Each authenticator knows one kind of credential; the server asks them in order, and the first that recognises
 * the credential decides. A request that none of them recognises is answered 401.
 */
import type { ApiRequest } from '@kubewright/informer';
import { extensionPoint } from '@kubewright/core';
import type { ExtensionPoint } from '@kubewright/core';
import { serverLevel } from '../server-level.js';

/** An authenticated user, as every request inside the server carries one. */
export interface User {
  readonly name: string;
  readonly uid?: string;
  /** Includes `system:authenticated`. */
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A request with what the connection itself proves. */
export interface AuthenticationRequest extends Pick<ApiRequest, 'method' | 'path' | 'headers'> {
  /** The subject of a client certificate that the server's authority signed; absent without one. */
  readonly certificate?: { readonly commonName: string; readonly organizations: readonly string[] };
  /** Why the certificate that the client showed proves nothing; absent where it showed none, or a good one. */
  readonly certificateProblem?: string;
}

export interface Authenticator {
  /**
   * Answers the user, or undefined where the request carries no credential of this kind.
   * Throws an `Unauthorized` StatusError for a credential of this kind that is wrong or expired: nobody else is asked then.
   */
  authenticate(request: AuthenticationRequest): Promise<User | undefined>;
}

export const Authenticator: ExtensionPoint<Authenticator> = extensionPoint('@kubewright/apiserver/Authenticator', {
  level: serverLevel,
});
