import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  ControllerServiceCapability_RPC_Type as Rpc,
  VolumeCapability_AccessMode_Mode as Mode,
} from '@kubewright/csi-sdk/v1';
import type { VolumeCapabilitySchema } from '@kubewright/csi-sdk/v1';
import type { DriverInfo } from '../driver/driver-connection.js';

type Capability = MessageInitShape<typeof VolumeCapabilitySchema>;
type AccessType = NonNullable<Capability['accessType']>;

export interface AccessWish {
  readonly accessModes?: readonly string[] | undefined;
  readonly volumeMode?: string | undefined;
  readonly fsType?: string | undefined;
  readonly mountOptions?: readonly string[] | undefined;
}

/** Kubernetes' access modes, each as a capability that a new volume has to have. */
export function volumeCapabilities(wish: AccessWish, info: DriverInfo): Capability[] {
  const modes = new Set(wish.accessModes?.map((mode) => modeOf(mode, info)));
  return [...modes].map((mode) => capabilityOf(wish, mode));
}

/**
 * The one capability to use a volume with: that which allows all that its access modes allow, in whatever order they are. Undefined
 * where there are none.
 */
export function coveringCapability(wish: AccessWish, info: DriverInfo): Capability | undefined {
  const mode = coveringMode(new Set(wish.accessModes), info);
  return mode === undefined ? undefined : capabilityOf(wish, mode);
}

function capabilityOf({ volumeMode, fsType = '', mountOptions = [] }: AccessWish, mode: Mode): Capability {
  const accessType: AccessType =
    volumeMode === 'Block'
      ? { case: 'block', value: {} }
      : { case: 'mount', value: { fsType, mountFlags: [...mountOptions] } };
  return { accessType, accessMode: { mode } };
}

function coveringMode(modes: ReadonlySet<string>, info: DriverInfo): Mode | undefined {
  if (modes.size === 0) return undefined;
  if (modes.has('ReadWriteMany')) return modeOf('ReadWriteMany', info);
  const isReadByMany = modes.has('ReadOnlyMany');
  if (isReadByMany) return modes.size === 1 ? modeOf('ReadOnlyMany', info) : Mode.MULTI_NODE_SINGLE_WRITER;
  const isForOnePod = modes.has('ReadWriteOncePod') && modes.size === 1;
  return modeOf(isForOnePod ? 'ReadWriteOncePod' : 'ReadWriteOnce', info);
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
