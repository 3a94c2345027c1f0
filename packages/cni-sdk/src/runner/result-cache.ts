import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '@kubewright/core';
import { hasCode, isRecord } from '@kubewright/core';
import { joinInside, writeFileDurably } from '@kubewright/linux';
import type { CniJson } from '../result/encode.js';

/** What ADD did, kept for CHECK and DEL. */
export interface CachedAttachment {
  readonly networkName: string;
  readonly containerId: string;
  readonly ifName: string;
  readonly netns: string;
  /** The list as it was at ADD. Absent in files of old libraries. */
  readonly config?: CniJson;
  readonly arguments: readonly (readonly [string, string])[];
  readonly capabilityArguments: CniJson;
  readonly result: CniJson;
}

export type AttachmentKey = Pick<CachedAttachment, 'networkName' | 'containerId' | 'ifName'>;

const kind = 'cniCacheV1';

/**
 * Results on disk in the reference library's place and format, so runtimes can be changed between ADD and DEL. The files
 * are readable to root alone: a configuration may hold secrets. By the library's rule two attachments can have one file, as those
 * of container `c` to network `a-b` and of `b-c` to `a`: the one that was written last has it.
 */
export class ResultCache {
  readonly #directory: string;
  readonly #random: Random;

  /** @param directory - Default of the reference library: `/var/lib/cni`; the files are in `results` below it. */
  constructor(directory: string, random: Random) {
    this.#directory = join(directory, 'results');
    this.#random = random;
  }

  async write(entry: CachedAttachment): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const body = {
      kind,
      containerId: entry.containerId,
      config: Buffer.from(JSON.stringify(entry.config ?? {})).toString('base64'),
      ifName: entry.ifName,
      networkName: entry.networkName,
      netns: entry.netns,
      cniArgs: entry.arguments,
      capabilityArgs: entry.capabilityArguments,
      result: entry.result,
    };
    await writeFileDurably(this.#path(entry), JSON.stringify(body), { mode: 0o600, temporary: this.#random.uuid() });
  }

  /** Undefined where there is none, or one that cannot be read: it helps nobody, and DEL must go on. */
  async read(key: AttachmentKey): Promise<CachedAttachment | undefined> {
    const entry = await this.#entry(key);
    return entry !== undefined && isAbout(entry, key) ? entry : undefined;
  }

  /** Removes it, or what cannot be read in its place, but not what another attachment wrote there. */
  async remove(key: AttachmentKey): Promise<void> {
    const entry = await this.#entry(key);
    if (entry === undefined || isAbout(entry, key)) await rm(this.#path(key), { force: true });
  }

  /** What stands in the attachment's place, be it about another one. */
  async #entry(key: AttachmentKey): Promise<CachedAttachment | undefined> {
    const text = await readFile(this.#path(key), 'utf8').catch(() => '');
    return parseCached(text, key);
  }

  /** Every attachment of a network that a file tells of. */
  async list(networkName: string): Promise<CachedAttachment[]> {
    const found = await this.#all((file) => file.startsWith(`${networkName}-`));
    return found.filter((one) => one.networkName === networkName);
  }

  /** Every attachment of a container's interface that a file tells of. */
  async listOf(containerId: string, ifName: string): Promise<CachedAttachment[]> {
    const found = await this.#all((file) => file.endsWith(`-${containerId}-${ifName}`));
    return found.filter((one) => one.containerId === containerId && one.ifName === ifName);
  }

  async #all(wanted: (file: string) => boolean): Promise<CachedAttachment[]> {
    const files = await readdir(this.#directory).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    });
    const found: CachedAttachment[] = [];
    for (const file of files.filter(wanted)) {
      const text = await readFile(join(this.#directory, file), 'utf8').catch(() => '');
      const entry = parseCached(text, undefined);
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }

  #path({ networkName, containerId, ifName }: AttachmentKey): string {
    return joinInside(this.#directory, `${networkName}-${containerId}-${ifName}`);
  }
}

/** @param key - who it is about, for files of old libraries, which are the bare result. */
export function parseCached(text: string, key: AttachmentKey | undefined): CachedAttachment | undefined {
  const json = object(tryParse(text));
  if (json === undefined) return undefined;
  if (json['kind'] !== kind) {
    return key === undefined ? undefined : { ...key, netns: '', arguments: [], capabilityArguments: {}, result: json };
  }
  const { networkName, containerId, ifName, netns, config, cniArgs } = json;
  const result = object(json['result']);
  if (
    typeof networkName !== 'string' ||
    typeof containerId !== 'string' ||
    typeof ifName !== 'string' ||
    result === undefined
  ) {
    return undefined;
  }
  const list = typeof config === 'string' ? object(tryParse(Buffer.from(config, 'base64').toString())) : undefined;
  return {
    networkName,
    containerId,
    ifName,
    netns: typeof netns === 'string' ? netns : '',
    arguments: Array.isArray(cniArgs) ? cniArgs.filter(isPair) : [],
    capabilityArguments: object(json['capabilityArgs']) ?? {},
    result,
    ...(list === undefined ? {} : { config: list }),
  };
}

function isAbout(entry: CachedAttachment, { networkName, containerId, ifName }: AttachmentKey): boolean {
  return entry.networkName === networkName && entry.containerId === containerId && entry.ifName === ifName;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function object(value: unknown): CniJson | undefined {
  return isRecord(value) ? value : undefined;
}

function isPair(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === 'string');
}
