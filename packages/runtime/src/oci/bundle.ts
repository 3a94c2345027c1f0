import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SecurityProfile_ProfileType as ProfileType } from '@kubewright/cri-sdk/v1';
import type { ContainerConfig } from '@kubewright/cri-sdk/v1';
import type { CgroupLayout } from '@kubewright/linux';
import { parseTrusted } from '@kubewright/core';
import { runtimeErrors } from '../errors.js';
import { boundingSet } from './capabilities.js';
import { seccompProfile } from './security-profiles.js';
import type { OciResources, OciSeccomp, OciSpec } from './spec.js';

/** What this runtime itself may do, which containers cannot exceed. */
export interface OwnLimits {
  readonly capabilities: ReadonlySet<string>;
  readonly lowestOomScore: number;
  /** Whether it can limit huge pages. */
  readonly hugePages: boolean;
  /** Whether the kernel has SELinux. */
  readonly selinux: boolean;
}

/** Looks at this process. Lowering an OOM score takes a capability that not every machine gives. */
export async function ownLimits(layout: CgroupLayout): Promise<OwnLimits> {
  const capabilities = boundingSet(await readFile('/proc/self/status', 'utf8'));
  const own = Number(await readFile('/proc/self/oom_score_adj', 'utf8'));
  const lowestOomScore = capabilities.has('SYS_RESOURCE') ? -1000 : own;
  const selinux = await access('/sys/fs/selinux/enforce').then(
    () => true,
    () => false,
  );
  return { capabilities, lowestOomScore, hugePages: await canLimitHugePages(layout), selinux };
}

/** The profile that a container names, from this machine. @throws NOT_SUPPORTED where it cannot be read */
export async function localSeccomp(config: ContainerConfig): Promise<OciSeccomp | undefined> {
  const profile = seccompProfile(config.linux?.securityContext);
  if (profile?.profileType !== ProfileType.Localhost) return undefined;
  try {
    return JSON.parse(await readFile(profile.localhostRef, 'utf8')) as OciSeccomp;
  } catch (cause) {
    throw runtimeErrors.NOT_SUPPORTED(
      { what: `the seccomp profile '${profile.localhostRef}', which cannot be read` },
      { cause },
    );
  }
}

export async function writeBundle(directory: string, spec: OciSpec): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(join(directory, 'config.json'), JSON.stringify(spec), { mode: 0o600 });
}

/** What was written, for commands that run beside the first process. */
export async function readBundle(directory: string): Promise<OciSpec> {
  return parseTrusted<OciSpec>(await readFile(join(directory, 'config.json'), 'utf8'));
}

/** Gives a container that was not started other limits; the devices that it may use stay. */
export function limitBundle(directory: string, resources: Omit<OciResources, 'devices'>): Promise<void> {
  return changeBundle(directory, (spec) => {
    const { devices } = spec.linux.resources;
    return { ...spec, linux: { ...spec.linux, resources: { ...resources, devices } } };
  });
}

/** Changes what was written, wholly or not at all. */
export async function changeBundle(directory: string, change: (spec: OciSpec) => OciSpec): Promise<void> {
  const changed = change(await readBundle(directory));
  const unfinished = join(directory, 'config.json.new');
  await writeFile(unfinished, JSON.stringify(changed), { mode: 0o600 });
  await rename(unfinished, join(directory, 'config.json'));
}

/** Whether OCI runtimes can limit huge pages here. On hybrid machines version 2's tree is hidden from them. */
async function canLimitHugePages({ version, controllers, unified = '' }: CgroupLayout): Promise<boolean> {
  if (version !== 'v2') return controllers.has('hugetlb');
  const listed = await readFile(join(unified, 'cgroup.controllers'), 'utf8').catch(() => '');
  return listed.trim().split(' ').includes('hugetlb');
}
