/** Run by the startup benchmark in a process of its own: prints how long a test cluster takes from call to first event. */
import { TestCluster } from '@kubewright/cluster/testing';
import { firstEvent } from './first-event.js';

const began = performance.now();
const cluster = await TestCluster.start();
await firstEvent(cluster.client);
process.stdout.write(String(performance.now() - began));
await cluster.stop();
