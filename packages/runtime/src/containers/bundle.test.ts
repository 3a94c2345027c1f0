import { create } from '@bufbuild/protobuf';
import { ContainerConfigSchema, SecurityProfile_ProfileType as ProfileType } from '@kubewright/cri-sdk/v1';
import { describe, expect, it } from 'vitest';
import { localSeccomp } from './bundle.js';

describe('localSeccomp', () => {
  const of = (securityContext: object) => localSeccomp(create(ContainerConfigSchema, { linux: { securityContext } }));

  it('refuses a confinement that is asked for in fields which are not read', async () => {
    await expect(of({ seccompProfilePath: 'localhost/x.json' })).rejects.toThrow('KW_RUNTIME_NOT_SUPPORTED');
    await expect(of({ seccompProfilePath: 'runtime/default' })).rejects.toThrow('KW_RUNTIME_NOT_SUPPORTED');
    await expect(of({ apparmorProfile: 'localhost/x' })).rejects.toThrow('KW_RUNTIME_NOT_SUPPORTED');
  });

  it('takes those fields beside the ones that replaced them', async () => {
    const seccomp = { profileType: ProfileType.RuntimeDefault };
    const apparmor = { profileType: ProfileType.RuntimeDefault };
    const old = { seccompProfilePath: 'runtime/default', apparmorProfile: 'runtime/default' };
    expect(await of({ seccomp, apparmor, ...old })).toBeUndefined();
    expect(await of({ seccompProfilePath: 'unconfined' })).toBeUndefined();
  });
});
