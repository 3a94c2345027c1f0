import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import type { RequestLimits } from '@kubewright/grpc';

/** What a unary method answers with: the fields of the response, as a plain object. */
export type Reply<D extends DescMessage> = Promise<MessageInitShape<D>>;

/** The sizes that CSI allows, in bytes: names and ids, node ids, maps, and the longest path of Linux. */
export const csiSizes = { name: 128, nodeId: 256, map: 4096, path: 4096 } as const;

/** What holds for the requests of every service. */
export const limits: RequestLimits = { maxMapBytes: csiSizes.map, knownEnums: true };

/** What a service answers that is asked for its capabilities. */
export function capabilityReply<T>(types: readonly T[]): Promise<{
  capabilities: { type: { case: 'rpc'; value: { type: T } } }[];
}> {
  return Promise.resolve({ capabilities: types.map((type) => ({ type: { case: 'rpc', value: { type } } })) });
}
