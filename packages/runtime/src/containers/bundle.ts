import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SecurityProfile_ProfileType as ProfileType } from '@kubewright/cri-sdk/v1';
import type { ContainerConfig } from '@kubewright/cri-sdk/v1';
import type { CgroupLayout } from '@kubewright/linux';
import { runtimeErrors } from '../errors.js';
import { boundingSet } from '../oci/capabilities.js';
import { canLimitHugePages } from '../oci/huge-pages.js';
import type { OciResources, OciSeccomp, OciSpec } from '../oci/spec.js';

/** What this runtime itself may do, which containers cannot exceed. */
export interface OwnLimits {
  readonly capabilities: ReadonlySet<string>;
  readonly lowestOomScore: number;
  /** Whether it can limit huge pages. */
  readonly hugePages: boolean;
}

/** Looks at this process. Lowering an OOM score takes a capability that not every machine gives. */
export async function ownLimits(layout: CgroupLayout): Promise<OwnLimits> {
  const capabilities = boundingSet(await readFile('/proc/self/status', 'utf8'));
  const own = Number(await readFile('/proc/self/oom_score_adj', 'utf8'));
  const lowestOomScore = capabilities.has('SYS_RESOURCE') ? -1000 : own;
  return { capabilities, lowestOomScore, hugePages: await canLimitHugePages(layout) };
}

/** The profile that a container names, from this machine. @throws NOT_SUPPORTED, also for fields that CRI gave up */
export async function localSeccomp(config: ContainerConfig): Promise<OciSeccomp | undefined> {
  const security = config.linux?.securityContext;
  const profile = security?.seccomp;
  // A confinement that is asked for in old words only must not be left out.
  if (profile === undefined && !['', 'unconfined'].includes(security?.seccompProfilePath ?? ''))
    throw runtimeErrors.NOT_SUPPORTED({ what: "'seccomp_profile_path', which CRI replaced by 'seccomp'" });
  if (security?.apparmor === undefined && (security?.apparmorProfile ?? '').startsWith('localhost/'))
    throw runtimeErrors.NOT_SUPPORTED({ what: 'AppArmor profiles' });
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
  return JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as OciSpec;
}

/** Gives a container that was not started other limits; the devices that it may use stay. */
export async function limitBundle(directory: string, resources: Omit<OciResources, 'devices'>): Promise<void> {
  const spec = await readBundle(directory);
  const { devices } = spec.linux.resources;
  const changed: OciSpec = { ...spec, linux: { ...spec.linux, resources: { ...resources, devices } } };
  const unfinished = join(directory, 'config.json.new');
  await writeFile(unfinished, JSON.stringify(changed), { mode: 0o600 });
  await rename(unfinished, join(directory, 'config.json'));
}
