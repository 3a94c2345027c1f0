import assert from 'node:assert/strict';
import type { TestRunner } from '@kubewright/core/testing';
import { describeContainerRules } from './contract/containers.js';
import { describeExecRules } from './contract/exec.js';
import { describeImageRules } from './contract/images.js';
import { describeSandboxRules } from './contract/sandboxes.js';
import type { RuntimeCheck } from './contract/fixture.js';
import type { RuntimeSubject } from './contract/runtime-subject.js';

/**
 * What every container runtime owes a kubelet: lifecycles, repeated calls, filters, errors, and the fields that a kubelet
 * insists on. Each test asks `factory` for a runtime and disposes it; several may be the same one.
 */
export function describeRuntimeContract(runner: TestRunner, factory: () => Promise<RuntimeSubject>): void {
  const { describe, it } = runner;
  const check: RuntimeCheck = (name, body) => {
    it(name, async () => {
      await using subject = await factory();
      await body(subject);
    });
  };
  describe('container runtime', () => {
    describe('itself', () => {
      check('names its version, all four fields', async ({ client }) => {
        const { version, runtimeName, runtimeVersion, runtimeApiVersion } = await client.runtime.version({});
        assert.equal(runtimeApiVersion, 'v1');
        for (const field of [version, runtimeName, runtimeVersion]) assert.notEqual(field, '');
      });
      check('reports whether it and its network are ready', async ({ client }) => {
        const { status } = await client.runtime.status({});
        const types = new Set(status?.conditions.map(({ type }) => type));
        assert.ok(types.has('RuntimeReady') && types.has('NetworkReady'));
      });
      check('says which cgroup driver it follows', async ({ client }) => {
        const { linux } = await client.runtime.runtimeConfig({});
        assert.notEqual(linux, undefined);
      });
    });
    describe('images', () => describeImageRules(check));
    describe('sandboxes', () => describeSandboxRules(check));
    describe('containers', () => describeContainerRules(check));
    describe('commands in containers', () => describeExecRules(check));
  });
}
