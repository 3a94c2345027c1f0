import { Host, provide, runUntilSignal } from '@kubewright/core';
import { HostPathDriver, HostPathOptions } from '@kubewright/storage';

const options: HostPathOptions = { root: '/var/lib/volumes', nodeId: 'this-node', endpoint: 'unix:///run/csi.sock' };

await runUntilSignal(
  new Host()
    .use({ name: 'host-path-options', provides: [provide(HostPathOptions, { value: options })] })
    .use(HostPathDriver),
);
