import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CallContext } from '@kubewright/grpc';
import type { DeviceSpecSchema, MountSchema } from '../generated/deviceplugin/v1beta1/deviceplugin_pb.js';

/** What a container gets with its devices. */
export interface Allocation {
  readonly envs?: Readonly<Record<string, string>>;
  readonly mounts?: readonly MessageInitShape<typeof MountSchema>[];
  /** Device nodes, with permissions made of `r`, `w` and `m`. */
  readonly devices?: readonly MessageInitShape<typeof DeviceSpecSchema>[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** Fully qualified CDI names, as `example.com/gpu=0`. */
  readonly cdiDevices?: readonly string[];
}

/** What the kubelet asks for when several devices would do. */
export interface PreferenceRequest {
  readonly available: readonly string[];
  readonly mustInclude: readonly string[];
  /** How many to choose, those that must be included counted. */
  readonly size: number;
}

/** What gives devices to containers; the methods that are there are what the kubelet is told of. */
export interface DeviceAllocator {
  allocate(ids: readonly string[], context: CallContext): Promise<Allocation>;
  preferredDevices?(request: PreferenceRequest, context: CallContext): Promise<readonly string[]>;
  preStartContainer?(ids: readonly string[], context: CallContext): Promise<void>;
}
