import type { MessageInitShape } from '@bufbuild/protobuf';
import { implementedMethods } from '@kubewright/grpc';
import {
  Controller,
  Node,
  PluginCapability_Service_Type as Service,
  PluginCapability_VolumeExpansion_Type as Expansion,
} from '../generated/csi/v1/csi_pb.js';
import type { PluginCapabilitySchema } from '../generated/csi/v1/csi_pb.js';

/** The services of a driver besides identity. */
export interface DriverParts {
  readonly controller?: object | undefined;
  readonly node?: object | undefined;
  readonly groupController?: object | undefined;
  readonly snapshotMetadata?: object | undefined;
}

/** What a driver can do that its services do not show. */
export interface DriverFeatures {
  /** Volumes are not reachable from every node, and their topology says from where. Default: false. */
  readonly topology?: boolean;
  /**
   * Whether volumes grow while they are in use (`online`) or only when they are not. Default: online; said only where
   * some service implements expansion.
   */
  readonly expansion?: 'online' | 'offline';
}

/** What the identity service answers. */
export function pluginCapabilities(
  parts: DriverParts,
  features: DriverFeatures,
): MessageInitShape<typeof PluginCapabilitySchema>[] {
  const services = [
    parts.controller && Service.CONTROLLER_SERVICE,
    features.topology === true && Service.VOLUME_ACCESSIBILITY_CONSTRAINTS,
    parts.groupController && Service.GROUP_CONTROLLER_SERVICE,
    parts.snapshotMetadata && Service.SNAPSHOT_METADATA_SERVICE,
  ].filter((service) => typeof service === 'number');
  const type = features.expansion === 'offline' ? Expansion.OFFLINE : Expansion.ONLINE;
  return [
    ...services.map((service) => ({ type: { case: 'service', value: { type: service } } }) as const),
    ...(canExpand(parts) ? [{ type: { case: 'volumeExpansion', value: { type } } } as const] : []),
  ];
}

function canExpand({ controller, node }: DriverParts): boolean {
  const has = (part: object | undefined, service: typeof Controller | typeof Node, method: string): boolean =>
    part !== undefined && implementedMethods(part, service).some(({ localName }) => localName === method);
  return has(controller, Controller, 'controllerExpandVolume') || has(node, Node, 'nodeExpandVolume');
}
