import { GrpcService } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { Identity } from '../generated/csi/v1/csi_pb.js';
import type {
  GetPluginCapabilitiesRequest,
  GetPluginCapabilitiesResponseSchema,
  GetPluginInfoRequest,
  GetPluginInfoResponseSchema,
  ProbeRequest,
  ProbeResponseSchema,
} from '../generated/csi/v1/csi_pb.js';
import { limits } from './reply.js';
import type { Reply } from './reply.js';

/** What a driver says about itself. */
export interface PluginIdentity {
  readonly info: MessageInitShape<typeof GetPluginInfoResponseSchema>;
  readonly capabilities: MessageInitShape<typeof GetPluginCapabilitiesResponseSchema>['capabilities'];
}

/**
 * Who the driver is and what it can do. `CsiDriver` makes one from the driver's other services; a driver that has to
 * look at something before it is ready extends it and overrides `probe`.
 */
@GrpcService(Identity, { limits })
export class IdentityService {
  #identity: PluginIdentity | undefined;

  /** Called by the driver before it serves. */
  introduce(identity: PluginIdentity): void {
    this.#identity = identity;
  }

  getPluginInfo(_request: GetPluginInfoRequest, _context: CallContext): Reply<typeof GetPluginInfoResponseSchema> {
    return Promise.resolve(this.#identity?.info ?? {});
  }

  getPluginCapabilities(
    _request: GetPluginCapabilitiesRequest,
    _context: CallContext,
  ): Reply<typeof GetPluginCapabilitiesResponseSchema> {
    return Promise.resolve({ capabilities: this.#identity?.capabilities ?? [] });
  }

  /**
   * Whether the driver can work; throw FAILED_PRECONDITION where something that it needs is missing. Default: ready.
   */
  probe(_request: ProbeRequest, _context: CallContext): Reply<typeof ProbeResponseSchema> {
    return Promise.resolve({ ready: true });
  }
}
