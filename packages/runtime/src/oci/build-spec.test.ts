import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  ContainerConfigSchema,
  MountPropagation,
  MountSchema,
  NamespaceMode,
  SecurityProfile_ProfileType as ProfileType,
  UserNamespaceSchema,
} from '@kubewright/cri-sdk/v1';
import { describe, expect, it } from 'vitest';
import { buildSpec } from './build-spec.js';
import type { SpecInput } from './build-spec.js';
import type { OciSpec } from './spec.js';

const image = {
  user: '',
  environment: ['A=image', 'PATH=/bin'],
  entrypoint: ['/entry'],
  command: ['image'],
  workingDirectory: '/work',
  stopSignal: '',
  volumes: [],
};
const specOf = (init: MessageInitShape<typeof ContainerConfigSchema>, more: Partial<SpecInput> = {}): OciSpec => {
  const config = create(ContainerConfigSchema, init);
  return buildSpec({
    config,
    mounts: config.mounts,
    image,
    rootfs: '/root',
    user: { uid: 0, gid: 0, additionalGids: [] },
    hostname: 'h',
    namespaces: [],
    cgroupsPath: '/c',
    podMounts: [{ destination: '/etc/hosts', type: 'bind', source: '/h', options: [] }],
    devices: [],
    ownedCapabilities: new Set(['CHOWN', 'KILL', 'SYS_ADMIN']),
    lowestOomScore: 0,
    hugePages: true,
    selinux: false,
    ...more,
  });
};
const secured = (securityContext: object): OciSpec => specOf({ linux: { securityContext } });

describe('buildSpec', () => {
  it('joins what pod and image say of the command', () => {
    expect(specOf({}).process).toMatchObject({ args: ['/entry', 'image'], cwd: '/work' });
    expect(specOf({ args: ['pod'] }).process.args).toEqual(['/entry', 'pod']);
    expect(specOf({ command: ['/c'], args: ['pod'] }).process.args).toEqual(['/c', 'pod']);
    const { env } = specOf({ envs: [{ key: 'A', value: Buffer.from('pod') }] }).process;
    expect(env).toEqual(['PATH=/bin', 'HOSTNAME=h', 'A=pod']);
    for (const bytes of [
      [0x63, 0xe9],
      [0x61, 0, 0x62],
    ])
      expect(() => specOf({ envs: [{ key: 'A', value: Buffer.from(bytes) }] })).toThrow(/config\.envs\[0\]\.value/);
  });

  it('gives no capability that the runtime does not have', () => {
    expect(secured({}).process.capabilities.effective).toEqual(['CAP_CHOWN', 'CAP_KILL']);
    expect(secured({ privileged: true }).process.capabilities.bounding).toEqual([
      'CAP_CHOWN',
      'CAP_KILL',
      'CAP_SYS_ADMIN',
    ]);
    const capabilities = { addCapabilities: ['sys_admin'], dropCapabilities: ['ALL'] };
    expect(secured({ capabilities }).process.capabilities.effective).toEqual(['CAP_SYS_ADMIN']);
    expect(() => secured({ capabilities: { addCapabilities: ['NONE_SUCH'] } })).toThrow(/names no capability/);
  });

  it('filters calls unless the pod or its privilege says otherwise', () => {
    const seccomp = { profileType: ProfileType.RuntimeDefault };
    const refused = secured({ seccomp }).linux.seccomp?.syscalls.flatMap(({ names }) => names);
    expect(refused).toEqual(expect.arrayContaining(['mount', 'bpf', 'keyctl', 'clone3']));
    expect(secured({ seccomp: { profileType: ProfileType.Unconfined } }).linux.seccomp).toBeUndefined();
    expect(secured({ seccomp, privileged: true }).linux).not.toHaveProperty('seccomp');
    expect(() => secured({ apparmorProfile: 'localhost/mine' })).toThrow(/AppArmor/);
    expect(secured({ seccompProfilePath: 'runtime/default' }).linux.seccomp).toBeDefined();
  });

  it('lets the mounts of a pod win, and passes propagation on to the root', () => {
    const mount = {
      containerPath: '/etc/hosts',
      hostPath: '/x',
      readonly: true,
      propagation: MountPropagation.PROPAGATION_BIDIRECTIONAL,
    };
    const { mounts, linux } = specOf({ mounts: [mount] });
    expect(mounts.filter(({ destination }) => destination === '/etc/hosts')).toEqual([
      { destination: '/etc/hosts', type: 'bind', source: '/x', options: ['rbind', 'rshared', 'ro'] },
    ]);
    expect(linux.rootfsPropagation).toBe('rshared');
  });

  it('takes mounts from where they were prepared, and maps users as the pod does', () => {
    const mounts = [create(MountSchema, { containerPath: '/data', hostPath: '/prepared', readonly: true })];
    const mapping = [{ containerId: 0, hostId: 1000, length: 65536 }];
    const users = create(UserNamespaceSchema, { mode: NamespaceMode.POD, uids: mapping, gids: mapping });
    const spec = specOf({ mounts: [{ containerPath: '/data', hostPath: '/asked-for' }] }, { mounts, users });
    expect(spec.mounts.find(({ source }) => source === '/prepared')).toEqual({
      destination: '/data',
      type: 'bind',
      source: '/prepared',
      options: ['rbind', 'rprivate', 'ro'],
    });
    const expected = [{ containerID: 0, hostID: 1000, size: 65536 }];
    expect(spec.linux).toMatchObject({ uidMappings: expected, gidMappings: expected });
    expect(specOf({}).linux).not.toHaveProperty('uidMappings');
  });

  it('limits what is limited', () => {
    const { resources } = specOf({
      linux: { resources: { cpuShares: 2n, memoryLimitInBytes: 5n, oomScoreAdj: -5n } },
    }).linux;
    expect(resources).toMatchObject({ cpu: { shares: 2 }, memory: { limit: 5 } });
    expect(specOf({ linux: { resources: { oomScoreAdj: -5n } } }).process.oomScoreAdj).toBe(0);
    const inexact = { memoryLimitInBytes: 2n ** 63n - 1n };
    expect(() => specOf({ linux: { resources: inexact } })).toThrow(/memory_limit_in_bytes/);
  });

  it('limits huge pages where the machine can', () => {
    const hugepageLimits = [{ pageSize: '2MB', limit: 0n }];
    const limited = { linux: { resources: { hugepageLimits } } };
    expect(specOf(limited).linux.resources.hugepageLimits).toEqual([{ pageSize: '2MB', limit: 0 }]);
    expect(specOf(limited, { hugePages: false }).linux.resources).not.toHaveProperty('hugepageLimits');
  });

  it('sets a hostname only where the pod has one of its own', () => {
    expect(specOf({}).hostname).toBeUndefined();
    expect(specOf({}, { namespaces: [{ type: 'uts', path: '/ns/uts' }] }).hostname).toBe('h');
  });

  it('hides nothing of the kernel where a pod with users of its own says so, and only there', () => {
    const mapping = [{ containerId: 0, hostId: 100_000, length: 65_536 }];
    const users = create(UserNamespaceSchema, { mode: NamespaceMode.POD, uids: mapping, gids: mapping });
    const linux = { securityContext: { noNewPrivs: true } };
    expect(specOf({ linux }, { users }).linux).toMatchObject({ maskedPaths: [], readonlyPaths: [] });
    expect(specOf({ linux }).linux.maskedPaths).toContain('/proc/kcore');
    expect(specOf({}, { users }).linux.readonlyPaths).toContain('/proc/sys');
    const named = { securityContext: { maskedPaths: ['/proc/kcore'] } };
    expect(specOf({ linux: named }, { users }).linux).toMatchObject({ maskedPaths: ['/proc/kcore'] });
  });

  it('leaves the devices of the machine to a pod that brings its own /dev', () => {
    const allDevices = ['/dev/null', '/dev/loop0'].map(
      (path) => ({ path, type: 'c', major: 1, minor: 3, fileMode: 0o600, uid: 0, gid: 0 }) as const,
    );
    expect(specOf({}, { allDevices }).linux.devices.map(({ path }) => path)).toEqual(['/dev/loop0']);
    const mounts = [create(MountSchema, { containerPath: '/dev/', hostPath: '/dev' })];
    expect(specOf({}, { allDevices, mounts }).linux.devices).toEqual([]);
  });
});
