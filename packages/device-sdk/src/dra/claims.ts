/**
 * The node side of a driver for dynamic resource allocation: it prepares the devices that a claim was given, before its
 * pods start, and takes them back. Which devices there are and who gets them is published and decided elsewhere,
 * through the API server.
 */
import type { CallContext } from '@kubewright/grpc';

/** A claim, as the kubelet names it. What was allocated to it is in the status of the ResourceClaim. */
export interface ClaimReference {
  readonly namespace: string;
  readonly uid: string;
  readonly name: string;
}

/** A device of a claim that is ready to be used. */
export interface PreparedDevice {
  /** The requests of the claim that it is for; empty for all. */
  readonly requestNames?: readonly string[];
  readonly poolName: string;
  readonly deviceName: string;
  /** Fully qualified CDI names, as `example.com/gpu=0`. */
  readonly cdiDeviceIds?: readonly string[];
  /** Tells shares of one device apart. */
  readonly shareId?: string;
}

/** What makes the devices of claims usable. Both calls are repeated until they succeed. */
export interface ClaimPreparer {
  prepareClaim(claim: ClaimReference, context: CallContext): Promise<readonly PreparedDevice[]>;
  unprepareClaim(claim: ClaimReference, context: CallContext): Promise<void>;
}
