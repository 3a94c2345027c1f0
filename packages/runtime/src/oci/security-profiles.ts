import { create } from '@bufbuild/protobuf';
import { SecurityProfileSchema, SecurityProfile_ProfileType as ProfileType } from '@kubewright/cri-sdk/v1';
import type { LinuxContainerSecurityContext, SecurityProfile } from '@kubewright/cri-sdk/v1';
import { invalidArgument } from '@kubewright/grpc';
import { runtimeErrors } from '../errors.js';

const place = 'config.linux.security_context';
const localhost = 'localhost/';

/** The filter of calls that a container asks for, also in the deprecated field, which the newer one outdoes. @throws INVALID_ARGUMENT */
export function seccompProfile(security: LinuxContainerSecurityContext | undefined): SecurityProfile | undefined {
  if (security === undefined) return undefined;
  return security.seccomp === undefined
    ? profileAt(security.seccompProfilePath, `${place}.seccomp_profile_path`)
    : checked(security.seccomp, `${place}.seccomp`);
}

/**
 * Refuses what this runtime does not do to confine containers. Its default profile of AppArmor is none, which is what a
 * container gets that asks for the default. Labels mean nothing to a kernel without SELinux, and pods are written with them
 * for every machine: as with other runtimes they are refused where they mean something, unless nothing confines the container.
 *
 * @param selinux - whether the kernel has SELinux. @throws NOT_SUPPORTED, and INVALID_ARGUMENT of a call
 */
export function refuseOtherProfiles(
  security: LinuxContainerSecurityContext | undefined,
  { selinux }: { readonly selinux: boolean },
): void {
  if (security === undefined) return;
  const apparmor =
    security.apparmor === undefined
      ? profileAt(security.apparmorProfile, `${place}.apparmor_profile`)
      : checked(security.apparmor, `${place}.apparmor`);
  if (apparmor?.profileType === ProfileType.Localhost) throw runtimeErrors.NOT_SUPPORTED({ what: 'AppArmor profiles' });
  const { user = '', role = '', type = '', level = '' } = security.selinuxOptions ?? {};
  if (selinux && !security.privileged && user + role + type + level !== '')
    throw runtimeErrors.NOT_SUPPORTED({ what: 'SELinux labels, which this kernel would need' });
}

function checked(profile: SecurityProfile, field: string): SecurityProfile {
  if ((profile.profileType === ProfileType.Localhost) !== (profile.localhostRef !== ''))
    throw invalidArgument({
      field: `${field}.localhost_ref`,
      reason: 'goes with the type Localhost, and only with it',
    });
  return profile;
}

/** How profiles were named before they had types. */
function profileAt(path: string, field: string): SecurityProfile | undefined {
  if (path === '') return undefined;
  if (path === 'unconfined') return create(SecurityProfileSchema, { profileType: ProfileType.Unconfined });
  if (path === 'runtime/default' || path === 'docker/default')
    return create(SecurityProfileSchema, { profileType: ProfileType.RuntimeDefault });
  if (!path.startsWith(localhost) || path === localhost)
    throw invalidArgument({ field, reason: `must be unconfined, runtime/default or ${localhost}PATH: '${path}'` });
  const localhostRef = path.slice(localhost.length);
  return create(SecurityProfileSchema, { profileType: ProfileType.Localhost, localhostRef });
}
