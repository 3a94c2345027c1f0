import { csiSidecars } from '@kubewright/csi-sidecars';
import { Kubewright, inCluster } from 'kubewright';

await new Kubewright()
  .connect(inCluster())
  .use(csiSidecars({ endpoint: 'unix:///csi/csi.sock' }))
  .start();
