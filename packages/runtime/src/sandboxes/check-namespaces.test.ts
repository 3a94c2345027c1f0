import { create } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { NamespaceMode, PodSandboxConfigSchema } from '@kubewright/cri-sdk/v1';
import type { NamespaceOptionSchema } from '@kubewright/cri-sdk/v1';
import { describe, expect, it } from 'vitest';
import { checkNamespaces } from './check-namespaces.js';

const mapping = (containerId = 0) => ({ containerId, hostId: 1000, length: 65536 });
const check = (namespaceOptions: MessageInitShape<typeof NamespaceOptionSchema>) => () =>
  checkNamespaces(create(PodSandboxConfigSchema, { linux: { securityContext: { namespaceOptions } } }));
const users = (uids: ReturnType<typeof mapping>[], gids = uids) => ({ mode: NamespaceMode.POD, uids, gids });

describe('checkNamespaces', () => {
  it('takes what it can do', () => {
    expect(check({ pid: NamespaceMode.POD })).not.toThrow();
    expect(check({ usernsOptions: users([mapping()]) })).not.toThrow();
    expect(check({ usernsOptions: { mode: NamespaceMode.NODE }, network: NamespaceMode.NODE })).not.toThrow();
    expect(check({ usernsOptions: {} })).not.toThrow();
  });

  it.each([
    ['must be POD or NODE', { usernsOptions: { mode: NamespaceMode.CONTAINER } }],
    ['must have one entry', { usernsOptions: users([mapping(), mapping(70_000)]) }],
    ['must map ids from 0 on', { usernsOptions: users([mapping(1)]) }],
    ['must map both', { usernsOptions: users([mapping()], []) }],
    ["cannot be the node's", { usernsOptions: users([mapping()]), network: NamespaceMode.NODE }],
  ])('refuses with "%s"', (reason, options) => {
    expect(check(options)).toThrow(reason);
  });
});
