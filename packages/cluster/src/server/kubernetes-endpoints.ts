import { Endpoints } from '@kubewright/api/core/v1';
import { EndpointSlice } from '@kubewright/api/discovery/v1';
import { Clock, Logger, Plugin, inject, skip } from '@kubewright/core';
import type { Lifecycle, StartContext } from '@kubewright/core';
import { Client } from '@kubewright/informer';
import { clusterErrors } from '../errors/cluster-errors.js';
import { EmbeddedApiServer, ServerOptions } from './embedded-api-server.js';

const user = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };
const metadata = { name: 'kubernetes', namespace: 'default' };

/** Keeps the endpoints of the `kubernetes` Service at where the server listens, which may change from run to run. */
@Plugin({
  name: 'kubernetes-endpoints',
  check: ({ get }) => (get(ServerOptions).listen === undefined ? skip('the API server opens no port') : undefined),
})
export class KubernetesEndpoints implements Lifecycle {
  constructor(
    @inject(EmbeddedApiServer) private readonly server: EmbeddedApiServer,
    @inject(Clock) private readonly clock: Clock,
    @inject(Logger) private readonly logger: Logger,
  ) {}

  async start({ signal }: StartContext): Promise<void> {
    const { url } = this.server;
    if (url === undefined) throw clusterErrors.NOT_LISTENING({ wanted: 'endpoints' });
    const { hostname, port } = new URL(url);
    // A port that is the protocol's own is not in the URL.
    const ports = [{ name: 'https', port: Number(port || 443), protocol: 'TCP' }];
    const address = hostname.replace(/^\[|\]$/g, '');
    const { clock, logger } = this;
    const transport = this.server.transport(user);
    const client = new Client({
      transport,
      clock,
      logger,
      fieldManager: 'kube-apiserver',
      userAgent: 'kubewright/api-server',
    });
    const labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
    const subsets = [{ addresses: [{ ip: address }], ports }];
    const slice = {
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: address.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports,
    };
    await client.apply(Endpoints, { metadata: { ...metadata, labels }, subsets }, { force: true, signal });
    await client.apply(EndpointSlice, slice, { force: true, signal });
    await transport.close();
  }
}
