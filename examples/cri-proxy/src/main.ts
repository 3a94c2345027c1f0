/** `main.js UPSTREAM ADDRESS`: guards the runtime at UPSTREAM, and serves at ADDRESS until SIGTERM. */
import { once } from 'node:events';
import { SystemClock } from '@kubewright/core';
import { CriClient, criServer } from '@kubewright/cri-sdk';
import { AuthenticatedImages, GuardedRuntime } from './guarded-runtime.js';

const [upstreamAddress = 'unix:///run/containerd/containerd.sock', address = 'unix:///run/guarded.sock'] =
  process.argv.slice(2);
const { REGISTRY = 'registry.example.com', REGISTRY_USERNAME = '', REGISTRY_PASSWORD = '' } = process.env;
const clock = new SystemClock();
using upstream = new CriClient({ address: upstreamAddress, clock });
const auth = { username: REGISTRY_USERNAME, password: REGISTRY_PASSWORD };
const server = criServer({
  runtime: new GuardedRuntime(upstream, clock),
  images: new AuthenticatedImages(upstream, clock, REGISTRY, auth),
  address,
  clock,
});
await server.start();
process.stdout.write(`serving on ${server.address}\n`);
await once(process, 'SIGTERM');
await server.stop();
