import assert from 'node:assert/strict';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { TestRunner } from '@kubewright/core/testing';
import { Code } from '@kubewright/grpc';
import type { CsiClient } from '../client/csi-client.js';
import {
  ControllerServiceCapability_RPC_Type as Can,
  NodeServiceCapability_RPC_Type as NodeCan,
  PluginCapability_Service_Type as Service,
  VolumeCapability_AccessMode_Mode as Mode,
} from '../generated/csi/v1/csi_pb.js';
import type { VolumeCapabilitySchema } from '../generated/csi/v1/csi_pb.js';
import { codeOf } from './contract-assertions.js';
import type { ContractTest } from './contract-session.js';
import { describeControllerContract } from './controller-contract.js';
import { describeNodeContract } from './node-contract.js';

/** A running driver, with nothing in it. The suite makes what it needs and disposes the driver after each test. */
export interface DriverUnderTest extends AsyncDisposable {
  readonly client: CsiClient;
  /** A directory in which the suite chooses staging and target paths. It exists for as long as the driver. */
  readonly mountDirectory: string;
  /** What every volume is asked to be. Default: a directory, written from one node. */
  readonly capability?: MessageInitShape<typeof VolumeCapabilitySchema>;
}

const mounted: MessageInitShape<typeof VolumeCapabilitySchema> = {
  accessType: { case: 'mount', value: {} },
  accessMode: { mode: Mode.SINGLE_NODE_WRITER },
};

/**
 * What the specification asks of every driver. Methods that a driver does not advertise have to answer UNIMPLEMENTED;
 * what it does advertise has to be idempotent, to check what it is given, and to answer with the codes that callers act
 * upon.
 */
export function describeCsiDriverContract({ describe, it }: TestRunner, factory: () => Promise<DriverUnderTest>): void {
  const test: ContractTest = (name, body) =>
    it(name, async () => {
      await using subject = await factory();
      const { client, mountDirectory, capability = mounted } = subject;
      const services = await client.identity.getPluginCapabilities({});
      const has = (type: Service): boolean =>
        services.capabilities.some((one) => one.type.case === 'service' && one.type.value.type === type);
      const controller = has(Service.CONTROLLER_SERVICE)
        ? await client.controller.controllerGetCapabilities({})
        : { capabilities: [] };
      const node = await client.node.nodeGetCapabilities({}).catch(() => ({ capabilities: [] }));
      await body({
        client,
        mountDirectory,
        capability,
        controllerCan: new Set(controller.capabilities.map(({ type }) => type.value?.type ?? Can.UNKNOWN)),
        nodeCan: new Set(node.capabilities.map(({ type }) => type.value?.type ?? NodeCan.UNKNOWN)),
      });
    });

  describe('CSI driver contract', () => {
    test('says who it is, and that it is ready', async ({ client }) => {
      const { name, vendorVersion } = await client.identity.getPluginInfo({});
      assert.match(name, /^[a-zA-Z0-9]([-a-zA-Z0-9.]{0,61}[a-zA-Z0-9])?$/);
      assert.notEqual(vendorVersion, '');
      assert.notEqual((await client.identity.probe({})).ready, false);
    });

    test('answers UNIMPLEMENTED for exactly what it does not advertise', async ({ client, controllerCan, nodeCan }) => {
      const advertised = new Set<string>();
      for (const can of controllerCan) for (const method of controllerMethods[can] ?? []) advertised.add(method);
      for (const can of nodeCan) for (const method of nodeMethods[can] ?? []) advertised.add(method);
      const methods = [...Object.values(controllerMethods), ...Object.values(nodeMethods)].flat();
      for (const method of methods) {
        const outcome = await codeOf(callEmpty(client, method));
        assert.equal(outcome === Code.UNIMPLEMENTED, !advertised.has(method), `${method} answered ${outcome}`);
      }
    });

    describeControllerContract(test);
    describeNodeContract(test);
  });
}

const controllerMethods: { readonly [K in Can]?: readonly string[] } = {
  [Can.CREATE_DELETE_VOLUME]: ['createVolume', 'deleteVolume'],
  [Can.PUBLISH_UNPUBLISH_VOLUME]: ['controllerPublishVolume', 'controllerUnpublishVolume'],
  [Can.GET_VOLUME]: ['controllerGetVolume'],
  [Can.CREATE_DELETE_SNAPSHOT]: ['createSnapshot', 'deleteSnapshot'],
  [Can.GET_SNAPSHOT]: ['getSnapshot'],
  [Can.EXPAND_VOLUME]: ['controllerExpandVolume'],
  [Can.MODIFY_VOLUME]: ['controllerModifyVolume'],
  [Can.LIST_VOLUMES]: ['listVolumes'],
  [Can.LIST_SNAPSHOTS]: ['listSnapshots'],
  [Can.GET_CAPACITY]: ['getCapacity'],
};

const nodeMethods: { readonly [K in NodeCan]?: readonly string[] } = {
  [NodeCan.STAGE_UNSTAGE_VOLUME]: ['nodeStageVolume', 'nodeUnstageVolume'],
  [NodeCan.GET_VOLUME_STATS]: ['nodeGetVolumeStats'],
  [NodeCan.EXPAND_VOLUME]: ['nodeExpandVolume'],
};

/** Calls a method with nothing in its request. */
function callEmpty(client: CsiClient, method: string): Promise<unknown> {
  const services: Readonly<Record<string, unknown>> = { ...client.controller, ...client.node };
  return (services[method] as (request: object) => Promise<unknown>)({});
}
