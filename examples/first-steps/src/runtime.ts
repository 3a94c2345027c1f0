import { Host, runUntilSignal } from '@kubewright/core';
import { runtimePlugins } from '@kubewright/runtime';

const plugins = await runtimePlugins({
  root: '/var/lib/kubewright',
  state: '/run/kubewright',
  address: 'unix:///run/kubewright/cri.sock',
  program: 'crun',
});
await runUntilSignal(new Host().use(plugins));
