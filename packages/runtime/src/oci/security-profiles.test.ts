import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  LinuxContainerSecurityContextSchema,
  SecurityProfile_ProfileType as ProfileType,
} from '@kubewright/cri-sdk/v1';
import { describe, expect, it } from 'vitest';
import { refuseOtherProfiles, seccompProfile } from './security-profiles.js';

type Security = MessageInitShape<typeof LinuxContainerSecurityContextSchema>;
const security = (init: Security) => create(LinuxContainerSecurityContextSchema, init);
const refusal =
  (init: Security, selinux = false) =>
  () =>
    refuseOtherProfiles(security(init), { selinux });

describe('seccompProfile', () => {
  const named = (seccompProfilePath: string) => seccompProfile(security({ seccompProfilePath }));

  it('obeys the deprecated field as far as there is no newer one', () => {
    expect(named('')).toBeUndefined();
    expect(named('unconfined')).toMatchObject({ profileType: ProfileType.Unconfined });
    for (const path of ['runtime/default', 'docker/default'])
      expect(named(path)).toMatchObject({ profileType: ProfileType.RuntimeDefault });
    expect(named('localhost//p.json')).toMatchObject({ profileType: ProfileType.Localhost, localhostRef: '/p.json' });
    const seccomp = { profileType: ProfileType.RuntimeDefault };
    expect(seccompProfile(security({ seccomp, seccompProfilePath: 'unconfined' }))).toMatchObject(seccomp);
  });

  it('refuses what names no profile, rather than to run without', () => {
    for (const path of ['default', 'localhost/', '/p.json']) expect(() => named(path)).toThrow(/seccomp_profile_path/);
    for (const seccomp of [{ profileType: ProfileType.Localhost }, { localhostRef: '/p.json' }])
      expect(() => seccompProfile(security({ seccomp }))).toThrow(/seccomp\.localhost_ref/);
  });
});

describe('refuseOtherProfiles', () => {
  it('takes the default of AppArmor and none, in both fields, and refuses profiles', () => {
    for (const apparmorProfile of ['', 'runtime/default', 'unconfined'])
      expect(refusal({ apparmorProfile })).not.toThrow();
    expect(refusal({ apparmorProfile: 'localhost/mine' })).toThrow(/AppArmor/);
    expect(refusal({ apparmor: { profileType: ProfileType.Localhost, localhostRef: 'mine' } })).toThrow(/AppArmor/);
    expect(refusal({ apparmorProfile: 'mine' })).toThrow(/apparmor_profile/);
  });

  it('refuses labels where the kernel would need them', () => {
    const selinuxOptions = { type: 'spc_t', level: 's0' };
    expect(refusal({ selinuxOptions })).not.toThrow();
    expect(refusal({ selinuxOptions }, true)).toThrow(/SELinux/);
    expect(refusal({ selinuxOptions: {} }, true)).not.toThrow();
    expect(refusal({ selinuxOptions, privileged: true }, true)).not.toThrow();
  });
});
