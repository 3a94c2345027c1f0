import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InProcessExecutor } from '@kubewright/cni-sdk';
import type { CniPlugin } from '@kubewright/cni-sdk';
import { CniError, cniErrorCode } from '@kubewright/cni-sdk';
import type { Random } from '@kubewright/core';
import { Rtnetlink } from '@kubewright/linux';
import { HostNetwork, networkPlugins } from '@kubewright/network';
import { TemporaryNamespace, privileged } from '@kubewright/linux/testing';
import type { FuzzRun, FuzzTarget } from '../target.js';
import { cniInput } from './cni-requests.js';

/** Codes of the specification that say that a request was no request; everything else came from a plugin's own work. */
const refusals: readonly number[] = [
  cniErrorCode.incompatibleVersion,
  cniErrorCode.invalidEnvironment,
  cniErrorCode.decodingFailure,
];
/** Those that requests name, where they name one that can be. */
const networkNames: readonly string[] = ['one', 'two'];
const codes = new Set<number>(Object.values(cniErrorCode));

/**
 * The network plugins: any environment and any input gives a result or an error with a code of the specification, nothing
 * is written outside of the directories that belong to them, and no two attachments have one address. After GC there is nothing
 * left of any attachment. With root they work in namespaces of the fuzzer's own; without, only the plugins that give out addresses
 * take part.
 */
export const cniTarget: FuzzTarget = {
  name: 'cni',
  open: () => Promise.resolve(new CniRun()),
};

class CniRun implements FuzzRun {
  readonly #directory = mkdtempSync(join(tmpdir(), 'fuzz-cni-'));
  readonly #inside = join(this.#directory, 'inside');
  readonly #leases = join(this.#inside, 'leases');
  readonly #space = privileged() ? new TemporaryNamespace() : undefined;
  readonly #pods = this.#space === undefined ? [] : Array.from({ length: 4 }, () => new TemporaryNamespace());
  readonly #host = new HostNetwork({
    stateDirectory: join(this.#inside, 'state'),
    ...(this.#space === undefined ? {} : { namespace: this.#space.path }),
  });
  readonly #plugins: readonly CniPlugin[];
  readonly #executor: InProcessExecutor;

  constructor() {
    mkdirSync(this.#inside);
    const needNothing = ['host-local', 'cluster-local', 'static'];
    this.#plugins = networkPlugins(this.#host).filter(
      ({ type }) => this.#space !== undefined || needNothing.includes(type),
    );
    this.#executor = new InProcessExecutor(this.#plugins, {
      execute: ({ type }) => Promise.reject(new CniError(cniErrorCode.ioFailure, `there is no plugin '${type}'`)),
    });
  }

  async feed(random: Random): Promise<'handled' | 'rejected'> {
    const { type, environment, stdin } = this.#within(
      cniInput(
        random,
        this.#pods.map(({ path }) => path),
      ),
    );
    const known = this.#plugins.some((one) => one.type === type) ? type : 'host-local';
    const { exitCode, stdout } = await this.#executor.execute({ type: known, path: [], environment, stdin });
    if (exitCode === 0) {
      if (stdout !== '') JSON.parse(stdout);
      return 'handled';
    }
    const { code, msg } = JSON.parse(stdout) as { code?: unknown; msg?: unknown };
    if (typeof code !== 'number' || typeof msg !== 'string' || (!codes.has(code) && code < 100)) {
      throw new Error(`an error that is none: ${stdout}`);
    }
    if (/is not a function|of undefined|of null|not iterable/.test(msg))
      throw new Error(`a mistake of the program: ${msg}`);
    return refusals.includes(code) ? 'rejected' : 'handled';
  }

  async check(): Promise<void> {
    const outside = readdirSync(this.#directory).filter((name) => name !== 'inside');
    if (outside.length > 0) throw new Error(`something was written outside: ${outside.join(', ')}`);
    const leases = this.#leases;
    for (const network of entries(leases)) {
      const owners = new Map<string, string>();
      for (const name of entries(join(leases, network)).filter((one) => isIP(one) !== 0)) {
        const owner = readFileSync(join(leases, network, name), 'utf8');
        if (!/^[a-zA-Z0-9][\w.-]*\r\n[^\r\n/]+$/.test(owner))
          throw new Error(`the lease ${name} of '${owner}' is damaged`);
        owners.set(name, owner);
      }
      const others = entries(join(leases, network)).filter(
        (one) => isIP(one) === 0 && !/^(lock|last_reserved_ip\.\d+)$/.test(one),
      );
      if (others.length > 0) throw new Error(`${network} has files that are no leases: ${others.join(', ')}`);
    }
    const networks = entries(leases).filter((name) => !networkNames.includes(name));
    if (networks.length > 0) throw new Error(`networks that nobody may name: ${networks.join(', ')}`);
    await this.#checkCollection();
  }

  /** Collects everything, and looks whether something is left. */
  async #checkCollection(): Promise<void> {
    for (const { type } of this.#plugins) {
      for (const name of networkNames) {
        const ipam = { type: 'host-local', dataDir: this.#leases };
        const stdin = JSON.stringify({ cniVersion: '1.1.0', name, type, ipam, 'cni.dev/valid-attachments': [] });
        const environment = { CNI_COMMAND: 'GC', CNI_PATH: '/nowhere' };
        const { exitCode, stdout } = await this.#executor.execute({ type, path: [], environment, stdin });
        if (exitCode !== 0) throw new Error(`GC of ${type} failed: ${stdout}`);
      }
    }
    const leases = networkNames.flatMap((name) => entries(join(this.#leases, name)).filter((one) => isIP(one) !== 0));
    const records = this.#plugins.flatMap(({ type }) =>
      networkNames.flatMap((name) => entries(join(this.#inside, 'state', type, name))),
    );
    const left = [...leases, ...records, ...(await this.#links())];
    if (left.length > 0) throw new Error(`after GC there are still ${left.join(', ')}`);
  }

  /** Links that belong to an attachment. */
  async #links(): Promise<string[]> {
    if (this.#space === undefined) return [];
    await using tables = Rtnetlink.open(this.#space);
    return (await tables.links()).filter(({ kind }) => kind === 'veth' || kind === 'ifb').map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host.close();
    for (const pod of this.#pods) await pod[Symbol.asyncDispose]();
    await this.#space?.[Symbol.asyncDispose]();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Leases go where the check looks, whatever else the configuration says. */
  #within(input: ReturnType<typeof cniInput>): ReturnType<typeof cniInput> {
    const dataDir = JSON.stringify(this.#leases);
    return { ...input, stdin: input.stdin.replace('"ipam":{', `"ipam":{"dataDir":${dataDir},`) };
  }
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
