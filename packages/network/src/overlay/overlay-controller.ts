import type { DeepReadonly } from '@kubewright/api';
import { Node } from '@kubewright/api/core/v1';
import { Controller, Reconciler, requeueAfter, Watches } from '@kubewright/controller';
import type { Outcome, ReconcileContext } from '@kubewright/controller';
import { inject, token } from '@kubewright/core';
import type { Token } from '@kubewright/core';
import { Subject } from 'rxjs';
import { overlayNode, ownOverlayNode } from './plan.js';
import type { OverlayNode } from './plan.js';
import { writeOverlayConfig } from './overlay-config.js';
import type { VxlanOverlay } from './vxlan-overlay.js';

/** Problems that are told in full: a machine without IPv6 has some for each node. */
const toldProblems = 5;

function textOf(problems: readonly Error[]): string {
  const told = problems.slice(0, toldProblems).map(({ message }) => message);
  return [...told, ...(problems.length > toldProblems ? [`and ${problems.length - toldProblems} more`] : [])].join(
    '; ',
  );
}

/** What the controller of one machine's overlay has to know. */
export interface OverlaySettings {
  /** Name of this machine's Node. */
  readonly nodeName: string;
  readonly overlay: Pick<VxlanOverlay, 'apply'>;
  /** Where the machine's pod networks are written for the address plugin `cluster-local`. */
  readonly podNetworkFile: string;
  /** Family of the addresses that tunnels use. Default: 4. */
  readonly family?: 4 | 6;
}

export const OverlaySettings: Token<OverlaySettings> = token('@kubewright/network/OverlaySettings');

/** How often the kernel's tables are looked at though no node changed, as somebody else may have changed them. */
const resync = '5m';

/**
 * Follows the Nodes on each machine: whenever one appears, changes or goes, this machine's tunnels are made to fit. Every run
 * makes all of them fit, so it does not matter which node a run is for.
 */
@Controller({ for: Node, name: 'vxlan-overlay', concurrency: 1 })
@Watches((controller: OverlayController) => controller.gone, (name: string) => [{ name }])
export class OverlayController extends Reconciler<Node> {
  /** Emits this machine's own node when another one is gone. */
  readonly gone = new Subject<string>();
  readonly #settings: OverlaySettings;

  constructor(@inject(OverlaySettings) settings: OverlaySettings) {
    super();
    this.#settings = settings;
  }

  override async reconcile(_node: DeepReadonly<Node>, ctx: ReconcileContext<Node>): Promise<Outcome> {
    const { nodeName, overlay, podNetworkFile, family = 4 } = this.#settings;
    const own = ctx.get(Node, { name: nodeName });
    // The machine may not have registered itself yet; its Node will come.
    if (own === undefined) return undefined;
    const self = ownOverlayNode(own, family);
    const nodes = ctx.list(Node).map((one) => overlayNode(one, family));
    const { mtu, problems } = await overlay.apply(
      self,
      nodes.filter((one): one is OverlayNode => one !== undefined),
    );
    // Pods can be connected, whatever keeps this machine from some of the others.
    writeOverlayConfig(podNetworkFile, { podNetworks: self.podNetworks, mtu });
    if (problems.length > 0) throw new AggregateError(problems, textOf(problems));
    return requeueAfter(resync);
  }

  override forget({ name }: { readonly name: string }): void {
    if (name !== this.#settings.nodeName) this.gone.next(this.#settings.nodeName);
  }
}
