/**
 * What a check works with: the plugin as something to call, containers to connect, an address manager that keeps a record. Each
 * check has a session of its own, with a machine, a directory and names of its own, so that none can see another's traces.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { decodeResult, encodeResult } from '@kubewright/cni-sdk';
import type { CniResult, CniVersion, CniJson } from '@kubewright/cni-sdk';
import type { Clock, Random } from '@kubewright/core';
import { messageOf, recordOf } from '@kubewright/core';
import { runPlugin } from '../call/plugin-process.js';
import { describe, isObject, jsonOf, succeeded } from '../call/reply.js';
import type { PluginReply } from '../call/reply.js';
import { fail } from '../call/verdict.js';
import { sanityErrors } from '../errors.js';
import { RecordingIpam } from '../ipam/recording-ipam.js';
import { newestOf } from '../profile/profile.js';
import type { Profile } from '../profile/profile.js';
import { Container } from './container.js';
import { Machine } from './machine.js';

export interface SessionOptions {
  readonly profile: Profile;
  /** Whether namespaces may be made. */
  readonly root: boolean;
  /** A namespace that stands for the machine. Default: one is made, and removed again. */
  readonly hostNamespace?: string;
  /** Milliseconds that one call may take. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

export interface InvocationOptions {
  /** Default: the newest that the plugin lists. */
  readonly version?: CniVersion;
  /** Replaces, adds or, with undefined, takes away variables. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Replaces, adds or, with undefined, takes away keys of the configuration. */
  readonly config?: CniJson;
  /** What the chain hands over. Default: the container's. */
  readonly prevResult?: CniResult | undefined;
  /** In place of the configuration. */
  readonly stdin?: string;
}

/** A container that ADD succeeded for. */
export interface Attached {
  readonly json: CniJson;
  readonly result: CniResult;
}

export class Session implements AsyncDisposable {
  readonly profile: Profile;
  readonly network: string;
  readonly #options: SessionOptions;
  readonly #directory: string;
  readonly #machine: Machine | undefined;
  readonly #containers: Container[] = [];
  /** How to take back what ADD made. */
  readonly #undo = new Map<string, () => Promise<unknown>>();
  /** Ends calls; those that clean up are not ended by it. */
  #signal: AbortSignal;
  readonly ipam: RecordingIpam;
  readonly #names: string;

  private constructor(
    options: SessionOptions,
    directory: string,
    machine: Machine | undefined,
    ipam: RecordingIpam,
    names: string,
  ) {
    this.profile = options.profile;
    this.#options = options;
    this.#signal = options.signal;
    this.#directory = directory;
    this.#machine = machine;
    this.ipam = ipam;
    this.#names = names;
    this.network = `sanity-${names}`;
  }

  static async open(options: SessionOptions): Promise<Session> {
    const directory = await mkdtemp(join(tmpdir(), 'cni-sanity-'));
    const { root, hostNamespace } = options;
    const ipam = await RecordingIpam.install(join(directory, 'bin'), join(directory, 'ipam'));
    let machine: Machine | undefined;
    try {
      if (root) {
        const path = join(directory, 'machine');
        machine = hostNamespace === undefined ? await Machine.create(path) : Machine.open(hostNamespace);
      }
    } catch (cause) {
      await rm(directory, { recursive: true, force: true });
      throw noMachine(cause);
    }
    return new Session(options, directory, machine, ipam, options.random.uuid().slice(0, 8));
  }

  /** The newest version that the plugin lists. */
  get newest(): CniVersion {
    return newestOf(this.profile);
  }

  /** A container with a network namespace; for chained plugins, with the interface that the chain made so far. */
  async container(): Promise<Container> {
    const number = this.#containers.length + 1;
    const ifName = this.profile.kind === 'loopback' ? 'lo' : 'eth0';
    const path = join(this.#directory, `container-${number}`);
    try {
      const container = Container.create(`sanity-${this.#names}-${number}`, path, ifName);
      this.#containers.push(container);
      if (this.profile.kind === 'chained' && this.#machine !== undefined) {
        container.prevResult = await this.#machine.connect(container, number, `sv${this.#names}${number}`);
      }
      return container;
    } catch (cause) {
      throw noMachine(cause);
    }
  }

  /** A container in name only, for calls that are to fail before they look at it. */
  unmade(): Container {
    const ifName = this.profile.kind === 'loopback' ? 'lo' : 'eth0';
    return Container.unmade(`sanity-${this.#names}`, join(this.#directory, 'no-namespace'), ifName);
  }

  /** Calls the plugin. @param container - default: one in name only. */
  async call(verb: string, container = this.unmade(), options: InvocationOptions = {}): Promise<PluginReply> {
    const environment = {
      CNI_COMMAND: verb,
      CNI_CONTAINERID: container.id,
      CNI_NETNS: container.netns,
      CNI_IFNAME: container.ifName,
      CNI_PATH: [join(this.#directory, 'bin'), dirname(this.profile.plugin), ...this.profile.cniPath].join(':'),
      ...options.environment,
    };
    return runPlugin({
      executable: this.profile.plugin,
      namespace: this.#machine?.namespace,
      environment,
      stdin: options.stdin ?? JSON.stringify(this.config(container, options)),
      timeout: this.#options.timeout,
      clock: this.#options.clock,
      signal: this.#signal,
    });
  }

  /** ADD that has to succeed. It is undone at the end of the check. */
  async add(container: Container, options: InvocationOptions = {}): Promise<Attached> {
    const version = options.version ?? this.newest;
    // Also a failed ADD has to be followed by DEL.
    const key = `${container.id}/${container.ifName}`;
    this.#undo.set(key, () => this.call('DEL', container, options));
    const reply = await this.call('ADD', container, options);
    succeeded(reply);
    const json = jsonOf(reply);
    let result: CniResult;
    try {
      result = decodeResult(json, version);
    } catch (error) {
      fail(`the result of ADD cannot be read: ${messageOf(error)} (${describe(reply)})`);
    }
    this.#undo.set(key, () => this.call('DEL', container, { ...options, prevResult: result }));
    return { json, result };
  }

  /** DEL that has to succeed. */
  async del(container: Container, options: InvocationOptions = {}): Promise<void> {
    succeeded(await this.call('DEL', container, options));
    this.#undo.delete(`${container.id}/${container.ifName}`);
  }

  /** The plugin's configuration as a runtime would send it. */
  config(container: Container, options: InvocationOptions = {}): CniJson {
    const version = options.version ?? this.newest;
    const prevResult = 'prevResult' in options ? options.prevResult : container.prevResult;
    const own = JSON.stringify(this.profile.config).replaceAll('{dir}', JSON.stringify(this.#directory).slice(1, -1));
    return {
      cniVersion: version,
      name: this.network,
      type: this.profile.type,
      ...recordOf(JSON.parse(own)),
      ...(prevResult === undefined ? {} : { prevResult: encodeResult(prevResult, version) }),
      ...options.config,
    };
  }

  /** Keys of a configuration for another network than the first, with other addresses. */
  secondNetwork(): CniJson {
    const { config, second } = this.profile;
    const { ipam } = config;
    const own = isObject(ipam) && ipam['type'] === RecordingIpam.type;
    return { name: `${this.network}-2`, ...second, ...(own ? { ipam: RecordingIpam.second() } : {}) };
  }

  /** Takes back what is left, whatever the plugin says to that, and removes all that the session made. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal = new AbortController().signal;
    for (const undo of this.#undo.values()) await undo().catch(() => undefined);
    for (const container of this.#containers) await container[Symbol.asyncDispose]();
    await this.#machine?.[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function noMachine(cause: unknown): Error {
  return sanityErrors.NO_MACHINE({ problem: messageOf(cause) }, { cause });
}
