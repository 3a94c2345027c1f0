/** The cluster's certificate authority, published to every namespace. */
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '@kubewright/api';
import type { DeepReadonly, ObjectKey } from '@kubewright/api';
import { ConfigMap, Namespace } from '@kubewright/api/core/v1';
import { Cluster, Controller, Reconciler, Watches, isSemanticallyEqual } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { inject, token } from '@kubewright/core';
import type { Token } from '@kubewright/core';
import type { SharedInformer } from '@kubewright/informer';
import { map } from 'rxjs';
import type { Observable } from 'rxjs';

/** The certificate in PEM that the API server's certificate is verified with. */
export const ClusterCertificateAuthority: Token<string> = token('@kubewright/controllers/ClusterCertificateAuthority');

const name = 'kube-root-ca.crt';
const description = 'Verifies the certificate of the API server when it is reached from inside the cluster.';

/** Publishes the cluster's certificate authority in every namespace, and puts it right where somebody changes it. */
@Controller({ for: Namespace, name: 'root-ca-certificate-publisher-controller', concurrency: 1 })
@Watches((publisher: RootCaPublisher) => publisher.changes$, (key: ObjectKey) => [key])
export class RootCaPublisher extends Reconciler<Namespace> {
  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @inject(ClusterCertificateAuthority) private readonly certificate: string,
  ) {
    super();
  }

  override async reconcile(
    { metadata, status }: DeepReadonly<Namespace>,
    ctx: ReconcileContext<Namespace>,
  ): Promise<void> {
    if (status?.phase === 'Terminating') return;
    const { name: namespace = '' } = metadata;
    await this.#published.whenSynced(ctx.signal);
    const existing = this.#published.lister.get({ name, namespace });
    const data = { 'ca.crt': this.certificate };
    if (existing !== undefined && isSemanticallyEqual(existing.data, data)) return;
    const annotations = { ...existing?.metadata.annotations, 'kubernetes.io/description': description };
    try {
      if (existing === undefined)
        await ctx.create(ConfigMap, { metadata: { name, namespace, annotations }, data }, { owned: false });
      else await ctx.update(ConfigMap, { ...existing, metadata: { ...existing.metadata, annotations }, data });
    } catch (error) {
      // Somebody was faster, or the namespace is going. A ConfigMap that was changed or removed meanwhile comes back here.
      if (!isAlreadyExists(error) && !isNamespaceTerminating(error) && !isNotFound(error)) throw error;
    }
  }

  /** Namespaces whose copy changed. */
  get changes$(): Observable<ObjectKey> {
    return this.#published.events$.pipe(map(({ object }) => ({ name: object.metadata.namespace ?? '' })));
  }

  /** The copies alone: all ConfigMaps of a cluster would be much to hold for this. */
  get #published(): SharedInformer<ConfigMap> {
    return this.cluster.informers.informer(ConfigMap, { fieldSelector: `metadata.name=${name}` });
  }
}
