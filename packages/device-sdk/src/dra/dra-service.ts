import type { MessageInitShape } from '@bufbuild/protobuf';
import { GrpcService, GrpcStatusError, InFlightLocks } from '@kubewright/grpc';
import type { CallContext } from '@kubewright/grpc';
import { DRAPlugin } from '../generated/dra/v1/dra_pb.js';
import type * as v1 from '../generated/dra/v1/dra_pb.js';
import { DRAPlugin as DRAPluginBeta } from '../generated/dra/v1beta1/dra_pb.js';
import type * as v1beta1 from '../generated/dra/v1beta1/dra_pb.js';
import type { ClaimPreparer, ClaimReference, PreparedDevice } from './claims.js';

/** What the kubelet calls, in version v1. Every claim gets an entry in the answer, with its own error if it has one. */
@GrpcService(DRAPlugin)
export class DraService {
  readonly #preparer: ClaimPreparer;

  constructor(preparer: ClaimPreparer) {
    this.#preparer = preparer;
  }

  async nodePrepareResources(
    { claims }: v1.NodePrepareResourcesRequest,
    context: CallContext,
  ): Promise<MessageInitShape<typeof v1.NodePrepareResourcesResponseSchema>> {
    return { claims: await prepareAll(this.#preparer, claims, context, wireDevice) };
  }

  async nodeUnprepareResources(
    { claims }: v1.NodeUnprepareResourcesRequest,
    context: CallContext,
  ): Promise<MessageInitShape<typeof v1.NodeUnprepareResourcesResponseSchema>> {
    return { claims: await unprepareAll(this.#preparer, claims, context) };
  }
}

/** The same in version v1beta1, for kubelets before Kubernetes 1.34. It does not know shares. */
@GrpcService(DRAPluginBeta)
export class DraServiceBeta {
  readonly #preparer: ClaimPreparer;

  constructor(preparer: ClaimPreparer) {
    this.#preparer = preparer;
  }

  async nodePrepareResources(
    { claims }: v1beta1.NodePrepareResourcesRequest,
    context: CallContext,
  ): Promise<MessageInitShape<typeof v1beta1.NodePrepareResourcesResponseSchema>> {
    return { claims: await prepareAll(this.#preparer, claims, context, wireDeviceBeta) };
  }

  async nodeUnprepareResources(
    { claims }: v1beta1.NodeUnprepareResourcesRequest,
    context: CallContext,
  ): Promise<MessageInitShape<typeof v1beta1.NodeUnprepareResourcesResponseSchema>> {
    return { claims: await unprepareAll(this.#preparer, claims, context) };
  }
}

type Prepared<D> = Record<string, { devices: D[] } | { error: string }>;

async function prepareAll<D>(
  preparer: ClaimPreparer,
  claims: readonly ClaimReference[],
  context: CallContext,
  toWire: (device: PreparedDevice) => D,
): Promise<Prepared<D>> {
  const entries = claims.map(async (claim) => {
    const outcome = await attempt(preparer, claim, async () => ({
      devices: (await preparer.prepareClaim(claim, context)).map(toWire),
    }));
    return [claim.uid, outcome] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function unprepareAll(
  preparer: ClaimPreparer,
  claims: readonly ClaimReference[],
  context: CallContext,
): Promise<Record<string, { error?: string }>> {
  const entries = claims.map(async (claim) => {
    const outcome = await attempt(preparer, claim, async () => {
      await preparer.unprepareClaim(claim, context);
      return {};
    });
    return [claim.uid, outcome] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** One operation per claim, whichever version it comes through. */
const locks = new WeakMap<ClaimPreparer, InFlightLocks>();

async function attempt<T>(
  preparer: ClaimPreparer,
  claim: ClaimReference,
  work: () => Promise<T>,
): Promise<T | { error: string }> {
  const own = locks.get(preparer) ?? new InFlightLocks();
  locks.set(preparer, own);
  try {
    return await own.run(claim.uid, work);
  } catch (error) {
    return { error: GrpcStatusError.from(error).text };
  }
}

function wireDevice(device: PreparedDevice): MessageInitShape<typeof v1.DeviceSchema> {
  return { ...wireDeviceBeta(device), ...(device.shareId !== undefined && { shareId: device.shareId }) };
}

function wireDeviceBeta({ requestNames = [], poolName, deviceName, cdiDeviceIds = [] }: PreparedDevice): {
  requestNames: string[];
  poolName: string;
  deviceName: string;
  cdiDeviceIds: string[];
} {
  return { requestNames: [...requestNames], poolName, deviceName, cdiDeviceIds: [...cdiDeviceIds] };
}
