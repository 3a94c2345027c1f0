import { isList, isRecord, messageOf } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';

/** What a container gets; the names are the specification's. */
export interface ContainerEdits {
  /** As `NAME=value`. */
  readonly env?: readonly string[];
  readonly deviceNodes?: readonly CdiDeviceNode[];
  readonly mounts?: readonly {
    readonly hostPath: string;
    readonly containerPath: string;
    readonly type?: string;
    readonly options?: readonly string[];
  }[];
  readonly hooks?: readonly (CdiHook & { readonly hookName: string })[];
  readonly additionalGids?: readonly number[];
  readonly intelRdt?: Readonly<Record<string, unknown>>;
  readonly netDevices?: readonly unknown[];
}

export interface CdiDeviceNode {
  readonly path: string;
  /** Where it is on the machine. Default: `path`. */
  readonly hostPath?: string;
  /** Looked up where left out, as the three that follow. */
  readonly type?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  /** Made of `r`, `w` and `m`. Default: all. */
  readonly permissions?: string;
  readonly uid?: number;
  readonly gid?: number;
}

export interface CdiHook {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** In seconds. */
  readonly timeout?: number;
}

/** One file. */
export interface CdiSpec {
  /** A vendor and a class, as `example.com/gpu`. A device's full name is `KIND=NAME`. */
  readonly kind: string;
  readonly devices: readonly { readonly name: string; readonly containerEdits: ContainerEdits }[];
  /** For containers that get any of the devices. */
  readonly containerEdits?: ContainerEdits;
}

/** Reads a file, JSON or YAML. @throws CDI_INVALID */
export async function parseCdiSpec(path: string, text: string): Promise<CdiSpec> {
  const spec = await parseText(path, text);
  checkSpec(path, spec);
  return spec;
}

function checkSpec(path: string, spec: unknown): asserts spec is CdiSpec {
  if (!isRecord(spec)) throw runtimeErrors.CDI_INVALID({ path, reason: 'it is no object' });
  const { cdiVersion, kind, devices } = spec;
  if (typeof cdiVersion !== 'string') throw runtimeErrors.CDI_INVALID({ path, reason: 'cdiVersion is missing' });
  if (typeof kind !== 'string' || !/^[^/=\s]+\/[^/=\s]+$/.test(kind))
    throw runtimeErrors.CDI_INVALID({ path, reason: 'kind is not VENDOR/CLASS' });
  if (!isList(devices)) throw runtimeErrors.CDI_INVALID({ path, reason: 'devices is no list' });
  for (const device of devices) {
    if (!isRecord(device) || typeof device['name'] !== 'string' || !isRecord(device['containerEdits']))
      throw runtimeErrors.CDI_INVALID({ path, reason: 'a device has no name or no containerEdits' });
  }
}

async function parseText(path: string, text: string): Promise<unknown> {
  try {
    const parsed: unknown = path.endsWith('.json') ? JSON.parse(text) : (await import('yaml')).parse(text);
    return parsed;
  } catch (cause) {
    throw runtimeErrors.CDI_INVALID({ path, reason: messageOf(cause) }, { cause });
  }
}
