import { once } from 'node:events';
import { NetworkDaemon, defaultNetwork } from '@kubewright/network';

process.stdout.write(`${JSON.stringify(defaultNetwork(['10.85.0.0/24']), null, 2)}\n`);

await using daemon = new NetworkDaemon();
await daemon.start(); // serves all plugins to the shims that `kubewright cni install` puts into /opt/cni/bin
await once(process, 'SIGTERM');
