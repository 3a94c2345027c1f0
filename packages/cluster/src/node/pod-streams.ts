import { formatObjectKey, statusErrors } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import type { Pod } from '@kubewright/api/core/v1';
import type { RequestContext, RequestHandler, UpgradeHandler } from '@kubewright/apiserver';

/** What is asked for, by the subresource's name. */
const wishes: Readonly<Record<string, string>> = {
  log: 'there is no log of',
  exec: 'nothing can be executed in',
  attach: 'nothing can be attached to in',
  portforward: 'no port can be forwarded to',
};

/** Tells who wants to look into a Pod of a simulated node that there is nothing to look into. */
export class SimulatedPodStreams implements RequestHandler, UpgradeHandler {
  /**
   * @param podOf - finds a Pod by its key.
   * @param isSimulated - whether a node is one of ours; Pods of other nodes are other handlers' matter.
   */
  constructor(
    private readonly podOf: (key: string) => DeepReadonly<Pod> | undefined,
    private readonly isSimulated: (node: string) => boolean,
  ) {}

  handle({ info }: RequestContext): Promise<never> | undefined {
    if (info.kind !== 'resource' || info.group !== '' || info.resource !== 'pods') return undefined;
    const wish = Object.hasOwn(wishes, info.subresource) ? wishes[info.subresource] : undefined;
    const pod = this.podOf(formatObjectKey(info));
    if (wish === undefined || pod === undefined) return undefined;
    const node = pod.spec?.nodeName ?? '';
    if (node === '') return Promise.reject(statusErrors.badRequest(`pod ${info.name} does not have a host assigned`));
    if (!this.isSimulated(node)) return undefined;
    const reason = `node "${node}" is simulated and runs no containers: ${wish} pod "${info.name}"`;
    return Promise.reject(statusErrors.badRequest(reason));
  }

  upgrade(context: RequestContext): Promise<never> | undefined {
    return this.handle(context);
  }
}
