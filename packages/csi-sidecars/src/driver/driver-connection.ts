/**
 * What the sidecars of Kubernetes do beside a driver, as controllers that call it: provision, tell capacity, attach, resize and
 * modify, snapshot, watch the health of volumes. They know the driver by its socket only, so it may be anybody's, and run where
 * controllers run. Neighbours: `driver` and `services` are the driver's side; binding claims, and saying which volume is to be
 * attached where, is `@kubewright/controllers`' work.
 */
import { Clock, Metrics, Plugin, inject, token } from '@kubewright/core';
import type { Lifecycle, Token } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { CsiOperationMetrics, createCsiClient } from '@kubewright/csi-sdk';
import type { CsiClient } from '@kubewright/csi-sdk';
import { PluginCapability_Service_Type } from '@kubewright/csi-sdk/v1';
import type { ControllerServiceCapability_RPC_Type } from '@kubewright/csi-sdk/v1';
import { withHiddenSecrets } from './hidden-secrets.js';

/** Where the driver is: `unix:///csi/csi.sock`, or a path. */
export const DriverEndpoint: Token<string> = token('@kubewright/csi-sidecars/DriverEndpoint');

/** What a driver says of itself. */
export interface DriverInfo {
  readonly name: string;
  /** Whether its volumes are reachable from some nodes only. */
  readonly topology: boolean;
  readonly controller: ReadonlySet<ControllerServiceCapability_RPC_Type>;
}

/** The driver that the sidecars of a host work for. */
@Plugin({ name: 'csi-driver-connection', stage: 'prepare' })
export class DriverConnection implements Lifecycle {
  readonly client: CsiClient;
  readonly #connection: CsiClient;
  readonly #operations: CsiOperationMetrics;
  #info: DriverInfo | undefined;

  constructor(
    @inject(DriverEndpoint) endpoint: string,
    @inject(Clock) clock: Clock,
    @inject(Metrics) metrics: Metrics,
  ) {
    const operations = new CsiOperationMetrics(metrics);
    const connection = createCsiClient({ address: endpoint, clock, onEnd: (call) => operations.ended(call) });
    this.#operations = operations;
    const { controller, groupController } = connection;
    this.#connection = connection;
    this.client = {
      ...connection,
      controller: withHiddenSecrets(controller),
      groupController: withHiddenSecrets(groupController),
    };
  }

  stop(): Promise<void> {
    this.#connection[Symbol.dispose]();
    return Promise.resolve();
  }

  /** Asked of the driver once it answers and is ready, then remembered. @throws GrpcStatusError where it is not */
  async info(signal: AbortSignal): Promise<DriverInfo> {
    this.#info ??= await this.#ask(signal);
    return this.#info;
  }

  async #ask(signal: AbortSignal): Promise<DriverInfo> {
    const { identity, controller } = this.client;
    const { ready } = await identity.probe({}, { signal });
    if (ready === false) throw new GrpcStatusError(Code.UNAVAILABLE, 'the driver says that it is not ready');
    const [{ name }, plugin, { capabilities }] = await Promise.all([
      identity.getPluginInfo({}, { signal }),
      identity.getPluginCapabilities({}, { signal }),
      controller.controllerGetCapabilities({}, { signal }),
    ]);
    this.#operations.driver = name;
    const services = plugin.capabilities.map(({ type }) => (type.case === 'service' ? type.value.type : undefined));
    return {
      name,
      topology: services.includes(PluginCapability_Service_Type.VOLUME_ACCESSIBILITY_CONSTRAINTS),
      controller: new Set(capabilities.flatMap(({ type }) => (type.case === 'rpc' ? [type.value.type] : []))),
    };
  }
}
