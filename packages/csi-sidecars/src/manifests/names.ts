import type { CsiDriver } from '@kubewright/csi-sdk';
import type { CsiManifestsOptions } from './options.js';

export interface ManifestNames {
  readonly namespace: string;
  /** Of the workload, its account and its rights. */
  readonly node: string;
  readonly controller: string;
  /** The Lease of whoever leads. */
  readonly lease: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What the objects of a driver are called; object names have no capitals, a driver's may. */
export function namesOf({ name }: CsiDriver, { namespace = 'kube-system' }: CsiManifestsOptions): ManifestNames {
  const lease = name.toLowerCase();
  const slug = lease.replaceAll('.', '-');
  return {
    namespace,
    node: `${slug}-node`,
    controller: `${slug}-controller`,
    lease,
    labels: { 'app.kubernetes.io/name': lease, 'app.kubernetes.io/part-of': 'csi' },
  };
}
