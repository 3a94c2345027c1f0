import type { MessageInitShape } from '@bufbuild/protobuf';
import { ControllerServiceCapability_RPC_Type as Rpc } from '../generated/csi/v1/csi_pb.js';
import { VolumeCapability_AccessMode_Mode as Mode } from '../generated/csi/v1/csi_pb.js';
import type { VolumeCapabilitySchema } from '../generated/csi/v1/csi_pb.js';
import type { DriverInfo } from './driver-connection.js';

type Capability = MessageInitShape<typeof VolumeCapabilitySchema>;
type AccessType = NonNullable<Capability['accessType']>;

export interface AccessWish {
  readonly accessModes?: readonly string[] | undefined;
  readonly volumeMode?: string | undefined;
  readonly fsType?: string | undefined;
  readonly mountOptions?: readonly string[] | undefined;
}

/** Kubernetes' access modes, each as a capability to ask a driver for. */
export function volumeCapabilities(
  { accessModes = [], volumeMode, fsType = '', mountOptions = [] }: AccessWish,
  info: DriverInfo,
): Capability[] {
  const accessType: AccessType =
    volumeMode === 'Block'
      ? { case: 'block', value: {} }
      : { case: 'mount', value: { fsType, mountFlags: [...mountOptions] } };
  return accessModes.map((mode) => ({ accessType, accessMode: { mode: modeOf(mode, info) } }));
}

/** A driver that tells pods of one node apart is told whether there may be several. */
function modeOf(mode: string, { controller }: DriverInfo): Mode {
  const isPrecise = controller.has(Rpc.SINGLE_NODE_MULTI_WRITER);
  switch (mode) {
    case 'ReadWriteMany':
      return Mode.MULTI_NODE_MULTI_WRITER;
    case 'ReadOnlyMany':
      return Mode.MULTI_NODE_READER_ONLY;
    case 'ReadWriteOncePod':
      return isPrecise ? Mode.SINGLE_NODE_SINGLE_WRITER : Mode.SINGLE_NODE_WRITER;
    default:
      return isPrecise ? Mode.SINGLE_NODE_MULTI_WRITER : Mode.SINGLE_NODE_WRITER;
  }
}
