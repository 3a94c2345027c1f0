/**
 * A machine as a user has it after `kubewright cni install`: a daemon that serves the plugins, their shims, and a network list.
 * All of it lies in the machine's own directory and network namespace.
 */
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { CniDaemon, CniRunner, loadNetwork, ProcessExecutor } from '@kubewright/cni-sdk';
import type { CniJson, NetworkList } from '@kubewright/cni-sdk';
import { RecordingIo, commandContext, readWords } from '@kubewright/core/testing';
import { setLink } from '@kubewright/linux';
import { cniCommands } from '@kubewright/network/commands';
import { TestMachine } from '@kubewright/network/testing';

const listFile = '10-test.conflist';
const network = 'kubewright';

export class InstalledMachine extends TestMachine {
  readonly #daemon = new CniDaemon({ plugins: this.plugins, socketPath: this.path('cni.sock') });

  /** @param list - the network to install; its leases lie in the machine's directory, whatever it says. */
  static async install(list: CniJson): Promise<InstalledMachine> {
    const machine = new InstalledMachine();
    await machine.tables.run(setLink('lo', { up: true }));
    await machine.#daemon.start();
    writeFileSync(machine.path('list.json'), JSON.stringify(withLeases(list, machine.leases)));
    await machine.#run('cni install', `--state-dir=${machine.path('state')}`, `--list=${machine.path('list.json')}`);
    return machine;
  }

  path(...names: readonly string[]): string {
    return join(this.directory, ...names);
  }

  /** Addresses that are given out. */
  given(): string[] {
    const directory = join(this.leases, network);
    return existsSync(directory) ? readdirSync(directory).filter((name) => isIP(name) !== 0) : [];
  }

  /** The installed network, as a runtime reads it. */
  network(): Promise<NetworkList> {
    return loadNetwork(this.path('net.d'), network);
  }

  /** What a runtime calls the installed plugins by. */
  runner(): CniRunner {
    const executor = new ProcessExecutor();
    return new CniRunner({ executor, path: [this.path('bin')], cacheDirectory: this.path('cache') });
  }

  /** A directory with the programs of `/usr` that a container can have as its root, and what has to be mounted there. */
  makeRoot(): string {
    const root = this.path('root');
    for (const name of ['usr', 'proc', 'sys', 'dev', 'etc', 'tmp']) mkdirSync(join(root, name), { recursive: true });
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name));
    return root;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#run('cni uninstall');
    await this.#daemon.stop();
    await super[Symbol.asyncDispose]();
  }

  async #run(name: string, ...more: readonly string[]): Promise<void> {
    const command = cniCommands.find((one) => one.name === name);
    const places = { socket: 'cni.sock', 'bin-dir': 'bin', 'conf-dir': 'net.d' };
    const flags = Object.entries(places).map(([flag, place]) => `--${flag}=${this.path(place)}`);
    await command?.run(readWords([...flags, `--file=${listFile}`, ...more]), commandContext(new RecordingIo()));
  }
}

/** The same list with its leases elsewhere. */
function withLeases(list: CniJson, dataDir: string): CniJson {
  const plugins = list['plugins'] as readonly CniJson[];
  return {
    ...list,
    plugins: plugins.map((one) => ('ipam' in one ? { ...one, ipam: { ...(one['ipam'] as CniJson), dataDir } } : one)),
  };
}
