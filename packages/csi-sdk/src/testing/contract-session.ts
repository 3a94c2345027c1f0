import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CsiClient } from '../client/csi-client.js';
import type {
  ControllerServiceCapability_RPC_Type as Can,
  NodeServiceCapability_RPC_Type as NodeCan,
  VolumeCapabilitySchema,
} from '../generated/csi/v1/csi_pb.js';

/** What the tests of one service get. */
export interface ContractSession {
  readonly client: CsiClient;
  readonly mountDirectory: string;
  readonly capability: MessageInitShape<typeof VolumeCapabilitySchema>;
  readonly controllerCan: ReadonlySet<Can>;
  readonly nodeCan: ReadonlySet<NodeCan>;
}

export type ContractTest = (name: string, body: (session: ContractSession) => Promise<void>) => unknown;
