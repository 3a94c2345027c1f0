import { SystemClock } from '@kubewright/core';
import { GrpcConnection, Health } from '@kubewright/grpc';

using connection = new GrpcConnection({ address: 'unix:///run/plugin.sock', clock: new SystemClock() });
const health = connection.client(Health);
const { status } = await health.check({ service: '' }, { deadline: 1_000 });
process.stdout.write(`${status}\n`);
