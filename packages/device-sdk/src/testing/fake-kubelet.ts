import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock, silentLogger } from '@kubewright/core';
import type { Clock } from '@kubewright/core';
import { DeviceManager } from '../kubelet/device-manager.js';
import type { DeviceInventory } from '../kubelet/device-manager.js';
import { PluginWatcher } from '../kubelet/plugin-watcher.js';
import type { FoundPlugin, PluginHandler } from '../kubelet/plugin-watcher.js';
import { Latest } from '../device-plugin/latest.js';

/**
 * As much of a kubelet as plugins can see, in a directory of its own: it takes device plugins and plugins of every
 * type, and can restart as a kubelet does, deleting all sockets of device plugins.
 */
export class FakeKubelet implements AsyncDisposable {
  /** For `settings.directory` of a device plugin. */
  readonly deviceDirectory: string;
  /** For registration sockets. */
  readonly registrationDirectory: string;
  readonly #root: string;
  readonly #clock: Clock;
  readonly #found = new Map<string, FoundPlugin>();
  readonly #latest = new Latest<ReadonlyMap<string, FoundPlugin>>();
  readonly #watcher: PluginWatcher;
  #manager: DeviceManager;

  private constructor(root: string, clock: Clock) {
    this.#root = root;
    this.#clock = clock;
    this.deviceDirectory = join(root, 'device-plugins');
    this.registrationDirectory = join(root, 'plugins_registry');
    const handler: PluginHandler = {
      register: async (plugin) => this.#change(() => this.#found.set(plugin.name, plugin)),
      deregister: async ({ name }) => this.#change(() => this.#found.delete(name)),
    };
    const handlers = { CSIPlugin: handler, DRAPlugin: handler, DevicePlugin: handler };
    this.#watcher = new PluginWatcher({ directory: this.registrationDirectory, handlers, clock });
    this.#manager = new DeviceManager({ directory: this.deviceDirectory, clock });
  }

  static async start(clock: Clock = new SystemClock()): Promise<FakeKubelet> {
    const kubelet = new FakeKubelet(await mkdtemp(join(tmpdir(), 'kw-kubelet-')), clock);
    await mkdir(kubelet.deviceDirectory);
    await mkdir(kubelet.registrationDirectory);
    await kubelet.#manager.start();
    kubelet.#watcher.start();
    return kubelet;
  }

  get manager(): DeviceManager {
    return this.#manager;
  }

  /** Stops, deletes the sockets of device plugins and starts anew, knowing nothing. */
  async restart(): Promise<void> {
    await this.#manager.stop();
    for (const name of await readdir(this.deviceDirectory)) {
      await rm(join(this.deviceDirectory, name), { recursive: true });
    }
    this.#manager = new DeviceManager({ directory: this.deviceDirectory, clock: this.#clock, logger: silentLogger });
    await this.#manager.start();
  }

  /** Waits until the devices are as `test` wants them. */
  async devices(test: (devices: DeviceInventory) => boolean): Promise<DeviceInventory> {
    return firstOf(this.#manager.changes(new AbortController().signal), test);
  }

  /** Waits until the registered plugins are as `test` wants them. */
  async plugins(
    test: (plugins: ReadonlyMap<string, FoundPlugin>) => boolean,
  ): Promise<ReadonlyMap<string, FoundPlugin>> {
    return firstOf(this.#latest.values(new AbortController().signal), test);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watcher.stop();
    await this.#manager.stop();
    await rm(this.#root, { recursive: true, force: true });
  }

  #change(work: () => unknown): void {
    work();
    this.#latest.set(new Map(this.#found));
  }
}

async function firstOf<T>(values: AsyncIterable<T>, test: (value: T) => boolean): Promise<T> {
  for await (const value of values) if (test(value)) return value;
  throw new Error('the values ended before one fitted');
}
