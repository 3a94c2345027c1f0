/**
 * The sidecars as a program: `killed-sidecars.js KUBECONFIG SOCKET PASSED`. It kills itself the way an operator or the kernel
 * would, when something was done and nobody has been told yet: after each write and each call whose name is not in the file
 * PASSED, where it is noted first. Started again and again, it is killed at every step in turn.
 */
import { controllerHost, connectTo } from '@kubewright/controller';
import { Clock, Host, Metrics, Plugin, inject, runUntilSignal } from '@kubewright/core';
import { DriverConnection, DriverEndpoint } from '@kubewright/csi-sidecars';
import { kubeconfig } from '@kubewright/informer';
import type { ApiRequest, ClusterConnection, Transport } from '@kubewright/informer';
import { PassedSteps } from './passed-steps.js';
import { stepOf } from './steps.js';
import { sidecarsWith, wrapCalls } from './wrapped-connection.js';

const [path = '', socketPath = '', passedFile = ''] = process.argv.slice(2);
const passed = new PassedSteps(passedFile);

class KillingTransport implements Transport {
  constructor(private readonly inner: Transport) {}

  send(request: ApiRequest, signal?: AbortSignal): ReturnType<Transport['send']> {
    const step = stepOf(request);
    const send = (): ReturnType<Transport['send']> => this.inner.send(request, signal);
    return step === undefined ? send() : passed.after(step, send, ({ status }) => status < 300);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

function killing(connection: ClusterConnection): ClusterConnection {
  return {
    name: connection.name,
    async open(services) {
      const { transport, namespace } = await connection.open(services);
      return { transport: new KillingTransport(transport), namespace };
    },
  };
}

@Plugin({ name: 'killing-driver-connection', stage: 'prepare', provides: [DriverConnection] })
class KillingDriverConnection extends DriverConnection {
  constructor(
    @inject(DriverEndpoint) endpoint: string,
    @inject(Clock) clock: Clock,
    @inject(Metrics) metrics: Metrics,
  ) {
    super(endpoint, clock, metrics);
    const client = wrapCalls(this.client, (name, _request, call) => passed.after(`call ${name}`, call));
    Object.assign(this, { client });
  }
}

const host = new Host({ name: 'sidecars' }).use([connectTo(killing(kubeconfig({ path }))), controllerHost]).use(
  sidecarsWith(KillingDriverConnection, {
    endpoint: socketPath,
    only: ['provisioner', 'attacher', 'resizer', 'snapshotter'],
  }),
);
await runUntilSignal(host);
