/**
 * Simulated nodes: they register, keep their Lease, and report the Pods bound to them as running, without running
 * anything. What a Pod's containers would do is told by annotations. Nothing here pulls an image, opens a port or
 * enforces a limit.
 */
import { formatMicroTime, isAlreadyExists, isNotFound } from '@kubewright/api';
import { Lease } from '@kubewright/api/coordination/v1';
import { Node } from '@kubewright/api/core/v1';
import type { NodeCondition } from '@kubewright/api/core/v1';
import type { Clock, Logger } from '@kubewright/core';
import type { Client } from '@kubewright/informer';
import { clusterErrors } from '../errors/cluster-errors.js';
import { nodeConditions, nodeObject, nodeStatus } from './node-identity.js';
import type { NodeIdentity } from './node-identity.js';

export interface NodeAgentOptions {
  readonly identity: NodeIdentity;
  /** Writes as the node. */
  readonly client: Client;
  /** The Kubernetes version that the node reports, as `v1.36.2`. */
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The kubelet's: a Lease of 40 s that is renewed every 10 s, and a status every 5 minutes where nothing changed. */
const leaseSeconds = 40;
const renewInterval = 10_000;
const statusInterval = 300_000;
const leaseNamespace = 'kube-node-lease';

/** Registers one simulated node and keeps it alive in the eyes of the cluster. */
export class NodeAgent {
  readonly #options: NodeAgentOptions;
  #uid = '';

  constructor(options: NodeAgentOptions) {
    this.#options = options;
  }

  /** Makes the Node, or takes it up again where an earlier run left it, and its Lease. */
  async register(): Promise<void> {
    const { identity, client, version, clock } = this.#options;
    const now = clock.now();
    try {
      const node = await client.create(Node, nodeObject(identity, version, now)).catch(async (error: unknown) => {
        if (!isAlreadyExists(error)) throw error;
        const status = { ...nodeStatus(identity, version, now), conditions: heartbeat(now) };
        return await client.status(Node).patch({ name: identity.name }, { type: 'strategic', patch: { status } });
      });
      this.#uid = node.metadata.uid ?? '';
      await this.#renew();
    } catch (cause) {
      throw clusterErrors.NODE_NOT_REGISTERED({ node: identity.name }, { cause });
    }
  }

  /** Heartbeats until the signal aborts. What fails is logged and tried again with the next beat. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, identity } = this.#options;
    let reportedAt = clock.monotonic();
    while (!signal.aborted) {
      await clock.sleep(renewInterval, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#renew(signal);
        if (clock.monotonic() - reportedAt < statusInterval) continue;
        await this.#report(signal);
        reportedAt = clock.monotonic();
      } catch (error) {
        if (!signal.aborted) logger.warn('a simulated node could not report', { node: identity.name, error });
      }
    }
  }

  async #renew(signal?: AbortSignal): Promise<void> {
    const { client, identity, clock } = this.#options;
    const key = { name: identity.name, namespace: leaseNamespace };
    const renewTime = formatMicroTime(clock.now());
    try {
      await client.patch(Lease, key, { type: 'merge', patch: { spec: { renewTime } } }, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const owner = { apiVersion: 'v1', kind: 'Node', name: identity.name, uid: this.#uid };
      const spec = { holderIdentity: identity.name, leaseDurationSeconds: leaseSeconds, renewTime };
      await client.create(Lease, { metadata: { ...key, ownerReferences: [owner] }, spec }, { signal });
    }
  }

  async #report(signal: AbortSignal): Promise<void> {
    const { client, identity, clock } = this.#options;
    const patch = { status: { conditions: heartbeat(clock.now()) } };
    await client.status(Node).patch({ name: identity.name }, { type: 'strategic', patch }, { signal });
  }
}

/** The conditions as a later report has them: when they came about, the server knows already. */
function heartbeat(now: number): Omit<NodeCondition, 'lastTransitionTime'>[] {
  return nodeConditions(now).map(({ type, status, reason, message, lastHeartbeatTime }) => ({
    type,
    status,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(lastHeartbeatTime !== undefined && { lastHeartbeatTime }),
  }));
}
