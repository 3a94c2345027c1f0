/**
 * The Container Device Interface: what a device's name stands for is written in files on the machine, by those who make the
 * device usable. Neighbours: `containers` asks for what a container's devices bring along, `oci` is what it becomes.
 */
import { runtimeErrors } from '../errors.js';
import { hostDevice } from '../oci/host-device.js';
import { deviceRule } from '../oci/default-spec.js';
import { byDepth } from '../oci/mount-order.js';
import type { OciDevice, OciHook, OciSpec } from '../oci/spec.js';
import type { CdiDeviceNode, ContainerEdits } from './cdi-spec.js';

/** Adds what devices bring along; devices are looked up on this machine. @throws CDI_UNKNOWN, NOT_SUPPORTED */
export async function applyEdits(spec: OciSpec, all: readonly ContainerEdits[]): Promise<OciSpec> {
  let edited = spec;
  for (const edits of all) edited = await applyOne(edited, edits);
  return edited;
}

async function applyOne(spec: OciSpec, edits: ContainerEdits): Promise<OciSpec> {
  if (edits.netDevices !== undefined && edits.netDevices.length > 0)
    throw runtimeErrors.NOT_SUPPORTED({ what: 'network devices of a CDI device' });
  const { process, linux, mounts } = spec;
  const nodes = await Promise.all((edits.deviceNodes ?? []).map(lookUp));
  const taken = new Set(nodes.map(({ device }) => device.path));
  return {
    ...spec,
    process: {
      ...process,
      env: [...process.env.filter((entry) => !isSet(edits.env, entry)), ...(edits.env ?? [])],
      user: {
        ...process.user,
        // Group 0 is no group that a device may bring along.
        additionalGids: [...new Set([...process.user.additionalGids, ...(edits.additionalGids ?? []).filter(Boolean)])],
      },
    },
    mounts: byDepth([
      ...mounts,
      ...(edits.mounts ?? []).map(({ hostPath, containerPath, type = 'bind', options = [] }) => ({
        destination: containerPath,
        type,
        source: hostPath,
        options,
      })),
    ]),
    hooks: withHooks(spec.hooks ?? {}, edits),
    linux: {
      ...linux,
      ...(edits.intelRdt !== undefined && { intelRdt: edits.intelRdt }),
      devices: [...linux.devices.filter(({ path }) => !taken.has(path)), ...nodes.map(({ device }) => device)],
      resources: {
        ...linux.resources,
        devices: [...linux.resources.devices, ...nodes.map(({ device, access }) => deviceRule(device, access))],
      },
    },
  };
}

/** Whether the edits set the variable of an entry. */
function isSet(env: readonly string[] | undefined, entry: string): boolean {
  const name = entry.slice(0, entry.indexOf('=') + 1);
  return env?.some((other) => other.startsWith(name)) ?? false;
}

function withHooks(hooks: NonNullable<OciSpec['hooks']>, edits: ContainerEdits): NonNullable<OciSpec['hooks']> {
  const all: Record<string, readonly OciHook[]> = { ...hooks };
  for (const { hookName, ...hook } of edits.hooks ?? []) all[hookName] = [...(all[hookName] ?? []), hook];
  return all;
}

async function lookUp(node: CdiDeviceNode): Promise<{ readonly device: OciDevice; readonly access: string }> {
  const { path, hostPath = path, permissions = 'rwm', type, major, minor, fileMode, uid, gid } = node;
  const found = await hostDevice(hostPath);
  const kind = type ?? found?.type;
  const numbers = major !== undefined && minor !== undefined ? { major, minor } : found;
  if (numbers === undefined || (kind !== 'b' && kind !== 'c'))
    throw runtimeErrors.CDI_UNKNOWN({ name: hostPath, reason: 'there is no such device on this machine' });
  const device = {
    path,
    type: kind,
    major: numbers.major,
    minor: numbers.minor,
    fileMode: fileMode ?? found?.fileMode ?? 0o666,
    uid: uid ?? found?.uid ?? 0,
    gid: gid ?? found?.gid ?? 0,
  } as const;
  return { device, access: permissions };
}
