/** The other side: what a node agent or a sidecar calls a driver with. */
import { GrpcConnection } from '@kubewright/grpc';
import type { GrpcClient, GrpcConnectionOptions } from '@kubewright/grpc';
import { Controller, GroupController, Identity, Node, SnapshotMetadata } from '../generated/csi/v1/csi_pb.js';

/** The services of one driver over one connection; a driver answers UNIMPLEMENTED for those that it lacks. */
export interface CsiClient extends Disposable {
  readonly identity: GrpcClient<typeof Identity>;
  readonly controller: GrpcClient<typeof Controller>;
  readonly node: GrpcClient<typeof Node>;
  readonly groupController: GrpcClient<typeof GroupController>;
  readonly snapshotMetadata: GrpcClient<typeof SnapshotMetadata>;
}

/** Connects at the first call; disposing the client cancels what runs. */
export function createCsiClient(options: GrpcConnectionOptions): CsiClient {
  const connection = new GrpcConnection(options);
  return {
    identity: connection.client(Identity),
    controller: connection.client(Controller),
    node: connection.client(Node),
    groupController: connection.client(GroupController),
    snapshotMetadata: connection.client(SnapshotMetadata),
    [Symbol.dispose]: () => connection.close(),
  };
}
