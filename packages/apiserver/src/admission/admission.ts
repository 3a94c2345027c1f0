/**
 * Admission: what may be written, beyond what the kind itself demands. Mutating plugins run first, in the order in which
 * they were given, and may change the new object; validating ones follow and may only refuse. A plugin may do both.
 * Neighbours: the store calls the chain between decoding and validation; authorization came before.
 */
import type { JsonObject } from '@kubewright/api';
import { Plugin, contributionsTo, extensionPoint, inject } from '@kubewright/core';
import type { Contributions, ExtensionPoint } from '@kubewright/core';
import { serverLevel } from '../server-level.js';
import type { User } from '../auth/authenticator.js';
import type { ServedResource } from '../registry/served-resource.js';

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly resource: ServedResource;
  /** Empty for the resource itself. */
  readonly subresource: string;
  /** Empty for a cluster-scoped resource. */
  readonly namespace: string;
  /** Empty for a create whose name is not known yet. */
  readonly name: string;
  /** The name in the request's path, which is the one that was authorized; empty for a create in a collection. */
  readonly requestName: string;
  readonly user: User;
  readonly dryRun: boolean;
  /** The new object, in the version of the request; undefined for DELETE. Mutating plugins change it in place. */
  readonly object: JsonObject | undefined;
  /** The stored object; undefined for CREATE. Nobody may change it. */
  readonly oldObject: JsonObject | undefined;
  /** Adds a text to the warnings of the answer. */
  warn(text: string): void;
  readonly signal: AbortSignal;
}

export interface AdmissionPlugin {
  /** As `ServiceAccount`; appears in refusals. */
  readonly name: string;
  /** Changes the new object. Throws a StatusError to refuse. */
  mutate?(request: AdmissionRequest): Promise<void> | void;
  /** Throws a StatusError to refuse. Sees the object as it will be stored. */
  validate?(request: AdmissionRequest): Promise<void> | void;
}

/** The plugins of a server; those of the server itself run first. */
export const AdmissionPlugin: ExtensionPoint<AdmissionPlugin> = extensionPoint(
  '@kubewright/apiserver/AdmissionPlugin',
  { level: serverLevel },
);

@Plugin({ name: 'admission-chain' })
export class AdmissionChain {
  readonly #plugins: Contributions<AdmissionPlugin>;

  constructor(@inject(contributionsTo(AdmissionPlugin)) plugins: Contributions<AdmissionPlugin>) {
    this.#plugins = plugins;
  }

  async mutate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#plugins.all) if (plugin.mutate !== undefined) await plugin.mutate(request);
  }

  async validate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#plugins.all) if (plugin.validate !== undefined) await plugin.validate(request);
  }
}
