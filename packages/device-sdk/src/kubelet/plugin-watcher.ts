import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '@kubewright/core';
import type { Clock, Logger } from '@kubewright/core';
import { GrpcStatusError, createClient } from '@kubewright/grpc';
import { Registration } from '@kubewright/grpc/registration';
import { DirectoryWatch, socketIdentity } from '../directory/directory-watch.js';

const lookAround = 10_000;
const retry = 1_000;
const callDeadline = 10_000;

/** A plugin that was found. */
export interface FoundPlugin {
  readonly type: string;
  readonly name: string;
  /** The socket to call; the registration socket itself where the plugin names no other. */
  readonly endpoint: string;
  readonly supportedVersions: readonly string[];
}

/** What to do with plugins of one type. */
export interface PluginHandler {
  /** Takes a plugin; what it throws is told to the plugin as the reason why not. */
  register(plugin: FoundPlugin, signal: AbortSignal): Promise<void>;
  /** The plugin's registration socket is gone. */
  deregister(plugin: FoundPlugin): Promise<void>;
}

export interface PluginWatcherOptions {
  readonly directory: string;
  /** By type, as `CSIPlugin`. */
  readonly handlers: Readonly<Record<string, PluginHandler>>;
  readonly clock: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
}

interface Known {
  readonly identity: string;
  /** Undefined for one that was refused. */
  readonly plugin: FoundPlugin | undefined;
}

/**
 * Watches a directory for registration sockets: asks each what it is, hands it to the handler of its type, and tells it
 * the outcome.
 */
export class PluginWatcher {
  readonly #options: PluginWatcherOptions;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  readonly #known = new Map<string, Known>();
  #running: Promise<void> | undefined;

  constructor(options: PluginWatcherOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
  }

  /** Begins to watch; plugins that are there already are found as well. */
  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Stops looking. Plugins stay as they are: they are told nothing, and no handler is called. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the plugin watcher stops'));
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { directory, clock } = this.#options;
    using watch = new DirectoryWatch(directory, clock);
    while (!signal.aborted) {
      const settled = await this.#scan(signal).catch((error: unknown) => {
        this.#logger.warn('the plugin directory cannot be read', { directory, error });
        return false;
      });
      await watch.next(settled ? lookAround : retry, signal).catch(() => undefined); // aborted: the loop ends
    }
  }

  /** @returns whether every socket could be asked. */
  async #scan(signal: AbortSignal): Promise<boolean> {
    const { directory } = this.#options;
    const names = (await readdir(directory)).filter((name) => name.endsWith('.sock') && !name.startsWith('.'));
    const found = new Map<string, string>();
    for (const name of names) {
      const identity = await socketIdentity(join(directory, name));
      if (identity !== undefined) found.set(join(directory, name), identity);
    }
    for (const [path, { identity, plugin }] of this.#known) {
      if (found.get(path) === identity) continue;
      this.#known.delete(path);
      if (plugin) await this.#options.handlers[plugin.type]?.deregister(plugin);
    }
    const fresh = [...found].filter(([path]) => !this.#known.has(path));
    const asked = await Promise.all(fresh.map(([path, identity]) => this.#ask(path, identity, signal)));
    return asked.every(Boolean);
  }

  async #ask(path: string, identity: string, signal: AbortSignal): Promise<boolean> {
    const { clock, handlers } = this.#options;
    using client = createClient(Registration, { address: path, clock, deadline: callDeadline });
    try {
      const { type, name, endpoint, supportedVersions } = await client.getInfo({}, { signal });
      const plugin = { type, name, endpoint: endpoint === '' ? path : endpoint, supportedVersions };
      const error = await refusal(handlers[type], plugin, signal);
      this.#known.set(path, { identity, plugin: error === undefined ? plugin : undefined });
      if (error !== undefined) this.#logger.warn('a plugin was refused', { type, name, reason: error });
      await client.notifyRegistrationStatus({ pluginRegistered: error === undefined, error: error ?? '' }, { signal });
      return true;
    } catch (error) {
      if (!signal.aborted) this.#logger.warn('a plugin did not answer', { path, error });
      return this.#known.has(path);
    }
  }
}

async function refusal(
  handler: PluginHandler | undefined,
  plugin: FoundPlugin,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (handler === undefined) return `plugins of type '${plugin.type}' are not handled here`;
  try {
    await handler.register(plugin, signal);
    return undefined;
  } catch (error) {
    return GrpcStatusError.from(error).text;
  }
}
