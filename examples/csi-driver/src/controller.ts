/** The part of which one copy works: the driver's controller and the sidecars that call it. Outside a cluster, KUBECONFIG says which. */
import { csiSidecars } from '@kubewright/csi-sidecars';
import { Kubewright, inCluster, kubeconfig, leaderElection } from 'kubewright';
import { SharedDirectoryDriver } from './shared-directory-driver.js';

await new Kubewright({ name: 'files-controller' })
  .connect(process.env['KUBECONFIG'] === undefined ? inCluster() : kubeconfig())
  .use(leaderElection({ name: 'files.example.com', namespace: 'kube-system' }))
  .use(SharedDirectoryDriver)
  .use(csiSidecars({ endpoint: process.env['CSI_ENDPOINT'] ?? '', only: ['provisioner'] }))
  .start();
