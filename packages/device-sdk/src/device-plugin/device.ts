import type { MessageInitShape } from '@bufbuild/protobuf';
import type { DeviceSchema } from '../generated/deviceplugin/v1beta1/deviceplugin_pb.js';
import { deviceErrors } from '../errors.js';

/** A device of a node, as the kubelet counts it. */
export interface Device {
  /** At most 63 characters, unique for the resource, the same after a restart. */
  readonly id: string;
  /** An unhealthy device is not given to pods. Default: true. */
  readonly healthy?: boolean;
  /** NUMA nodes that it is near to. Default: unknown. */
  readonly numaNodes?: readonly number[];
}

const longestId = 63;

/** @throws INVALID_DEVICE */
export function checkDevices(devices: readonly Device[]): void {
  const seen = new Set<string>();
  for (const { id } of devices) {
    if (id === '' || id.length > longestId) {
      throw deviceErrors.INVALID_DEVICE({ id, reason: `its id has to have 1 to ${longestId} characters` });
    }
    if (seen.has(id)) throw deviceErrors.INVALID_DEVICE({ id, reason: 'another device has the same id' });
    seen.add(id);
  }
}

export function deviceMessage({ id, healthy = true, numaNodes = [] }: Device): MessageInitShape<typeof DeviceSchema> {
  return {
    ID: id,
    health: healthy ? 'Healthy' : 'Unhealthy',
    ...(numaNodes.length > 0 && { topology: { nodes: numaNodes.map((node) => ({ ID: BigInt(node) })) } }),
  };
}

export function deviceOf(message: MessageInitShape<typeof DeviceSchema>): Device {
  const numaNodes = (message.topology?.nodes ?? []).map(({ ID }) => Number(ID ?? 0n));
  return { id: message.ID ?? '', healthy: message.health === 'Healthy', ...(numaNodes.length > 0 && { numaNodes }) };
}
