/**
 * The operator as it runs in a cluster, in several copies of which one leads. Outside a cluster, KUBECONFIG says which; HEALTH_PORT
 * is where probes ask, and LEASE_SECONDS how long the work may rest when the leader dies.
 */
import { Kubewright, inCluster, kubeconfig, leaderElection } from 'kubewright';
import { InMemoryHosting } from './hosting-api.js';
import { WebsiteController } from './website.controller.js';

const { KUBECONFIG, HEALTH_PORT = '8081', LEASE_SECONDS = '15' } = process.env;
const leaseDuration = Number(LEASE_SECONDS) * 1000;

await new Kubewright({ name: 'website-operator', health: { port: Number(HEALTH_PORT) } })
  .connect(KUBECONFIG === undefined ? inCluster() : kubeconfig())
  .use(
    leaderElection({
      name: 'website-operator',
      leaseDuration,
      renewDeadline: (leaseDuration * 2) / 3,
      retryPeriod: (leaseDuration * 2) / 15,
    }),
  )
  .use([InMemoryHosting, WebsiteController])
  .start();
