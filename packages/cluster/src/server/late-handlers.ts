/** The API server of an embedded cluster as plugins, and the ways into it. The server itself is `@kubewright/apiserver`. */
import type { Duplex } from 'node:stream';
import { RequestHandler, UpgradeHandler } from '@kubewright/apiserver';
import type { RequestContext, ServerResponse } from '@kubewright/apiserver';
import { Plugin } from '@kubewright/core';

/**
 * Handlers that come and go while the server runs: nodes start after the server and answer for the streams of their Pods,
 * logs, exec, attach and port-forward.
 */
@Plugin({ name: 'late-handlers', stage: 'foundation', contributes: [RequestHandler, UpgradeHandler] })
export class LateHandlers implements RequestHandler, UpgradeHandler {
  readonly #handlers = new Set<RequestHandler & UpgradeHandler>();

  /** Asks `handler`, after those that are there, until it is disposed of. */
  add(handler: RequestHandler & UpgradeHandler): Disposable {
    this.#handlers.add(handler);
    return { [Symbol.dispose]: () => void this.#handlers.delete(handler) };
  }

  handle(context: RequestContext): Promise<ServerResponse> | undefined {
    for (const handler of this.#handlers) {
      const answer = handler.handle(context);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  upgrade(context: RequestContext, socket: Duplex, head: Buffer): Promise<void> | undefined {
    for (const handler of this.#handlers) {
      const taken = handler.upgrade(context, socket, head);
      if (taken !== undefined) return taken;
    }
    return undefined;
  }
}
