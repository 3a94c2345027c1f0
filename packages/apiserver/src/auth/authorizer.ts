/** Who may do what. The server asks once per request, before it reads the body. */
import { extensionPoint } from '@kubewright/core';
import type { ExtensionPoint } from '@kubewright/core';
import { serverLevel } from '../server-level.js';
import type { User } from './authenticator.js';

interface CommonAttributes {
  readonly user: User;
  /** As RBAC names it: get, list, watch, create, update, patch, delete, deletecollection; for other paths the method in lower case. */
  readonly verb: string;
}

export interface ResourceAttributes extends CommonAttributes {
  readonly kind: 'resource';
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Empty for the resource itself. */
  readonly subresource: string;
  /** Empty for a cluster-scoped resource, and for a request over all namespaces. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
}

export interface PathAttributes extends CommonAttributes {
  readonly kind: 'path';
  /** As `/healthz`. */
  readonly path: string;
}

export type Attributes = ResourceAttributes | PathAttributes;

export type Decision =
  | { readonly allowed: true; readonly reason: string }
  /** Nobody allowed it. The reason, often empty, is for the error text. */
  | { readonly allowed: false; readonly reason: string };

/** Several authorizers are asked in order; the first that allows decides. */
export interface Authorizer {
  authorize(attributes: Attributes): Promise<Decision>;
}

export const Authorizer: ExtensionPoint<Authorizer> = extensionPoint('@kubewright/apiserver/Authorizer', {
  level: serverLevel,
});
