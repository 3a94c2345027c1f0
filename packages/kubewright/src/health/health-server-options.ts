/**
 * What probes and scrapers ask: `/healthz` whether the program lives, `/readyz` whether it can do its work, as plain text in the
 * form of Kubernetes' own components, and `/metrics` what it counted, for those who may know. It answers for the host's health
 * checks and metrics and knows none of them.
 */
import { token } from '@kubewright/core';
import type { Token } from '@kubewright/core';

export interface MetricsAccess {
  /**
   * `cluster`: a bearer token is asked for, which the cluster has to know (TokenReview) and whose user may `get` the
   * non-resource URL `/metrics` (SubjectAccessReview); the program's own account needs the right to create both reviews.
   * `none`: whoever reaches the port reads them. Default: `cluster`.
   */
  readonly authentication?: 'cluster' | 'none';
}

export interface HealthServerOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Default: every address of the machine, since a kubelet's probes come from outside the Pod. */
  readonly host?: string;
  /** Who may read `/metrics`; false serves none. `/healthz` and `/readyz` are open to everybody. */
  readonly metrics?: MetricsAccess | false;
  /**
   * PEM. Default: a certificate of its own making, renewed while it runs, where tokens come from beyond the machine: metrics ask
   * for them, and `host` is not of loopback; probes need `scheme: HTTPS` then. In the clear otherwise.
   */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export const HealthServerOptions: Token<HealthServerOptions> = token('kubewright/HealthServerOptions');
