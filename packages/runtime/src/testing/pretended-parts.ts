import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answer } from '@kubewright/cri-sdk';
import type {
  ContainerStatsSchema,
  PodSandboxConfig,
  PodSandboxMetricsSchema,
  PodSandboxStatsSchema,
} from '@kubewright/cri-sdk/v1';
import { ContainerExec } from '../containers/container-exec.js';
import type { Container } from '../containers/container-record.js';
import type { ContainerGroup } from '../containers/container-cleanup.js';
import { digestOf } from '../image-spec/digest.js';
import { ImagePuller } from '../images/image-puller.js';
import type { ImageRecord } from '../images/image-record.js';
import type { ImageStore } from '../images/image-store.js';
import type { RootFilesystem, Snapshotter } from '../layers/snapshotter.js';
import { Conmon } from '../monitor/conmon.js';
import type { PodAttachment, PodNetwork } from '../network/pod-network.js';
import type { OciRuntime } from '../oci/oci-runtime.js';
import { parseReference, referenceText } from '../registry/reference.js';
import { PodFiles } from '../sandboxes/pod-files.js';
import { PodNamespaces } from '../sandboxes/pod-namespaces.js';
import { PodPause } from '../sandboxes/pod-pause.js';
import type { Sandbox } from '../sandboxes/sandbox-record.js';
import { UsageReports } from '../cri/usage-reports.js';

/** Namespaces that are names only. */
export class PretendedNamespaces extends PodNamespaces {
  readonly made = new Set<string>();

  override async create(id: string): Promise<void> {
    this.made.add(id);
  }
  override async hasNetwork(id: string): Promise<boolean> {
    return this.made.has(id);
  }
  override async remove(id: string): Promise<void> {
    this.made.delete(id);
  }
}

export class PretendedFiles extends PodFiles {
  override async create(_id: string, _config: PodSandboxConfig): Promise<void> {}
  override async remove(_id: string): Promise<void> {}
}

export class PretendedPause extends PodPause {
  override async create(): Promise<void> {}
  override async remove(): Promise<void> {}
}

/** Addresses that are given out and come back. */
export class PretendedNetwork implements PodNetwork {
  readonly name = 'pretended';
  readonly leases = new Map<string, string>();
  #last = 0;

  async attach({ id }: PodAttachment): Promise<readonly string[]> {
    const address = `10.0.${(this.#last >> 8) & 255}.${this.#last++ & 255}`;
    this.leases.set(id, address);
    return [address];
  }
  async detach({ id }: PodAttachment): Promise<void> {
    this.leases.delete(id);
  }
  async problem(): Promise<undefined> {
    return undefined;
  }
}

export class PretendedSnapshotter implements Snapshotter {
  readonly name = 'pretended';
  readonly mostLayers = 100;
  readonly directory: string;
  readonly roots = new Set<string>();

  constructor(directory: string) {
    this.directory = directory;
  }

  async open(): Promise<void> {}
  close(): void {}
  async has(): Promise<boolean> {
    return true;
  }
  async unpack(): Promise<void> {}
  async settle(): Promise<void> {}
  async mount(id: string): Promise<RootFilesystem> {
    this.roots.add(id);
    return { path: this.directory };
  }
  writable(): string {
    return this.directory;
  }
  async remove(id: string): Promise<void> {
    this.roots.delete(id);
  }
  async mounted(): Promise<readonly string[]> {
    return [...this.roots];
  }
  async keepOnly(): Promise<void> {}
}

/** Containers without processes: they run until they are killed. */
export class PretendedMonitor extends Conmon {
  override async create(): Promise<number> {
    return 1;
  }
  override async isAlive(): Promise<boolean> {
    return true;
  }
  override async reopenLog(): Promise<void> {}
  override async end(): Promise<void> {}
}

/** A control group without processes. */
export const pretendedGroup: ContainerGroup = {
  events: async () => ({ outOfMemoryKills: 0, memoryLimitHits: 0 }),
  kill: async () => 0,
  processes: async () => [],
  remove: async () => undefined,
  setLimits: async () => undefined,
};

export function pretendedOciRuntime(exits: string): OciRuntime {
  return {
    name: 'pretended',
    command: { program: '/bin/false', args: [] },
    start: async () => undefined,
    kill: (id) => writeFile(join(exits, id), '137'),
    delete: async () => undefined,
    update: async () => undefined,
  };
}

export class PretendedExec extends ContainerExec {
  override async sync(_container: Container, command: readonly string[]) {
    return { stdout: Buffer.from(command.join(' ').slice(0, 1000)), stderr: Buffer.alloc(0), exitCode: 0 };
  }
}

export class PretendedUsage extends UsageReports {
  override async container({ id }: Container): Promise<Answer<typeof ContainerStatsSchema>> {
    return { attributes: { id } };
  }
  override async pod({ id }: Sandbox): Promise<Answer<typeof PodSandboxStatsSchema>> {
    return { attributes: { id } };
  }
  override async metrics({ id }: Sandbox): Promise<Answer<typeof PodSandboxMetricsSchema>> {
    return { podSandboxId: id };
  }
}

/** The image of a name. */
export function pretendedImage(name: string): ImageRecord {
  const text = referenceText(parseReference(name));
  const id = digestOf(Buffer.from(text));
  const process = {
    user: '',
    environment: [],
    entrypoint: ['/x'],
    command: [],
    workingDirectory: '',
    stopSignal: '',
    volumes: [],
  };
  return {
    id,
    manifest: id,
    content: [],
    layers: [id],
    size: 1,
    tags: text.includes('@') ? [] : [text],
    digests: text.includes('@') ? [text] : [],
    process,
    labels: {},
    pinned: false,
    pulledAt: 0,
  };
}

/** Every name that is one can be pulled. */
export class PretendedPuller extends ImagePuller {
  readonly #store: ImageStore;

  constructor(options: ConstructorParameters<typeof ImagePuller>[0]) {
    super(options);
    this.#store = options.store;
  }

  override async pull(name: string): Promise<ImageRecord> {
    return this.#store.put(pretendedImage(name));
  }
}
