/** Who wrote what last, as the API server sees it: the user agents of write requests, by the object they named. */
import { RequestHandler } from '@kubewright/apiserver';
import type { RequestContext } from '@kubewright/apiserver';
import { Plugin } from 'kubewright';

const writes = new Set(['create', 'update', 'patch', 'delete']);

@Plugin({ name: 'write-log', stage: 'foundation', contributes: [RequestHandler] })
export class WriteLog implements RequestHandler {
  readonly #agents = new Map<string, string>();
  readonly #owners = new Map<string, string>();

  /** Looks on and leaves the request to the others. */
  handle({ request, info }: RequestContext): undefined {
    if (info.kind === 'path' || !writes.has(info.verb)) return;
    const agent = request.headers['user-agent'] ?? 'unknown';
    const id = `${info.resource}/${info.namespace}/${info.name}`;
    this.#agents.set(id, agent);
    if (info.subresource !== 'status') this.#owners.set(id, agent);
  }

  /** The agent of the newest write to an object; of one that the server named itself, of the newest creation of its kind. */
  lastWriter(resource: string, namespace: string, name: string): string | undefined {
    return this.#agents.get(`${resource}/${namespace}/${name}`) ?? this.#agents.get(`${resource}/${namespace}/`);
  }

  /** The agent of the newest write but for the status, which is not what makes an object go. */
  lastRemover(resource: string, namespace: string, name: string): string | undefined {
    return this.#owners.get(`${resource}/${namespace}/${name}`);
  }
}
