import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Cgroup, detectCgroups, readMounts, unmount } from '@kubewright/linux';
import type { CgroupLayout } from '@kubewright/linux';
import { FakeRegistry, shellLayer } from '@kubewright/runtime/testing';
import { Daemon } from './daemon.js';

/** What is there of a runtime's pods, by kind: how many of each. */
export type Remains = Readonly<Record<string, number>>;

/** A daemon with a registry, a directory and a control group of its own. */
export class Testbed implements AsyncDisposable {
  readonly daemon: Daemon;
  readonly registry: FakeRegistry;
  readonly image: string;
  readonly #layout: CgroupLayout;
  #pods = 0;

  private constructor(daemon: Daemon, registry: FakeRegistry, image: string, layout: CgroupLayout) {
    this.daemon = daemon;
    this.registry = registry;
    this.image = image;
    this.#layout = layout;
  }

  /** @param programs - of this machine, that the image has. */
  static async open(environment: NodeJS.ProcessEnv = {}, programs?: readonly string[]): Promise<Testbed> {
    const home = await mkdtemp(join(tmpdir(), 'kw-cri-'));
    const registry = await new FakeRegistry().start();
    const image = await registry.push('test/shell', '1', [shellLayer(programs)], { config: { Cmd: ['/bin/sh'] } });
    return new Testbed(new Daemon(home, environment), registry, image, await detectCgroups());
  }

  get home(): string {
    return this.daemon.home;
  }

  /** The parent of the pods' control groups. */
  get cgroupParent(): string {
    return `/${basename(this.home)}`;
  }

  /** Where the control groups of pods are, of those that limit memory. */
  groups(): string {
    return this.#cgroup().directory('memory');
  }

  /** A pod that nobody asked for yet. */
  podConfig(linux: object = {}) {
    const number = this.#pods++;
    return {
      metadata: { name: `pod${number}`, namespace: 'test', uid: `uid${number}`, attempt: 0 },
      hostname: `pod${number}`,
      logDirectory: join(this.home, 'logs', `pod${number}`),
      linux: { cgroupParent: this.cgroupParent, ...linux },
    };
  }

  containerConfig(script: string, more: object = {}) {
    return {
      metadata: { name: 'main', attempt: 0 },
      image: { image: this.image },
      command: ['/bin/sh', '-c', script],
      logPath: 'main.log',
      linux: {},
      ...more,
    };
  }

  /** Counts what exists because of pods. */
  async remains(): Promise<Remains> {
    const count = async (path: string): Promise<number> =>
      (await readdir(join(this.home, path)).catch(() => [])).length;
    const below = (await readMounts()).filter(({ mountPoint }) => mountPoint.startsWith(`${this.home}/`));
    const groups = await readdir(this.groups(), { withFileTypes: true }).catch(() => []);
    return {
      sandboxes: await count('root/sandboxes'),
      containers: await count('root/containers'),
      roots: await count('root/o/roots'),
      namespaces: await count('state/ns'),
      podFiles: await count('state/pods'),
      bundles: await count('state/bundles'),
      exits: await count('state/exits'),
      commands: await count('state/exec'),
      ociStates: await count('state/oci'),
      leases: await count('leases'),
      mounts: below.filter(({ mountPoint }) => /\/(?:ns|pods|roots)\//.test(mountPoint)).length,
      cgroups: groups.filter((entry) => entry.isDirectory()).length,
      monitors: monitorsOf(this.home).length,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon[Symbol.asyncDispose]();
    // Only a test that failed leaves any.
    for (const pid of monitorsOf(this.home)) {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
      for (const one of [...children.map(Number), pid]) process.kill(one, 'SIGKILL');
    }
    await this.registry[Symbol.asyncDispose]();
    const inside = (await readMounts()).map(({ mountPoint }) => mountPoint);
    for (const path of inside.filter((one) => one.startsWith(`${this.home}/`)).reverse())
      await unmount(path, { detach: true });
    // After a failed test there may be more in it, which its machine has to be rid of by hand.
    await this.#cgroup()
      .remove()
      .catch((error: unknown) => process.stderr.write(`a control group stays: ${String(error)}\n`));
    await rm(this.home, { recursive: true, force: true });
  }

  #cgroup(): Cgroup {
    return new Cgroup(this.#layout, this.cgroupParent);
  }
}

/** Process ids of the monitors of a home's containers. */
function monitorsOf(home: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return line.startsWith('conmon\0') && line.includes(`${home}/`);
      } catch {
        return false;
      }
    })
    .map(Number);
}
