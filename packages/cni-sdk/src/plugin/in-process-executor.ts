import type { CniPlugin } from './cni-plugin.js';
import { handleRequest } from './handle-request.js';
import type { PluginCall, PluginExecutor, PluginOutput } from '../execute/executor.js';

/** Calls plugins that this process has, without a process of their own; every other type goes to `others`. */
export class InProcessExecutor implements PluginExecutor {
  readonly #plugins: ReadonlyMap<string, CniPlugin>;
  readonly #others: PluginExecutor;

  constructor(plugins: Iterable<CniPlugin>, others: PluginExecutor) {
    this.#plugins = new Map([...plugins].map((plugin) => [plugin.type, plugin]));
    this.#others = others;
  }

  execute(call: PluginCall, signal?: AbortSignal): Promise<PluginOutput> {
    const plugin = this.#plugins.get(call.type);
    if (plugin === undefined) return this.#others.execute(call, signal);
    const { environment, stdin, early = false } = call;
    const request = { environment, stdin, executor: this, early };
    return handleRequest(plugin, signal === undefined ? request : { ...request, signal });
  }
}
