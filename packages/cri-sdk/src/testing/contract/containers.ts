/**
 * The rules of the contract of runtimes, by subject. Neighbours: `runtime-contract` runs them; `fixture` has what
 * several need.
 */
import assert from 'node:assert/strict';
import { Code } from '@kubewright/grpc';
import { ContainerState } from '../../generated/runtime/v1/cri_pb.js';
import type { ContainerFilterSchema } from '../../generated/runtime/v1/cri_pb.js';
import type { Answer } from '../../service/answer.js';
import { assertFails, createContainer, notFound, untilState, withContainer, withSandbox } from './fixture.js';
import type { RuntimeCheck } from './fixture.js';

const { CONTAINER_CREATED, CONTAINER_EXITED, CONTAINER_RUNNING } = ContainerState;

export function describeContainerRules(check: RuntimeCheck): void {
  check('creates, starts, stops and removes, each state in turn', async (subject) => {
    const { runtime } = subject.client;
    await withContainer(subject, subject.commands.wait, async (containerId) => {
      const state = async (): Promise<ContainerState | undefined> =>
        (await runtime.containerStatus({ containerId })).status?.state;
      assert.equal(await state(), CONTAINER_CREATED);
      await runtime.startContainer({ containerId });
      assert.equal(await state(), CONTAINER_RUNNING);
      await assertFails(runtime.startContainer({ containerId }));
      await runtime.stopContainer({ containerId, timeout: 10n });
      assert.equal(await state(), CONTAINER_EXITED);
      await runtime.stopContainer({ containerId, timeout: 10n });
      await runtime.removeContainer({ containerId });
      await runtime.removeContainer({ containerId });
      await runtime.stopContainer({ containerId, timeout: 0n });
      await assertFails(runtime.containerStatus({ containerId }), notFound);
    });
  });
  check('fills the fields that a kubelet insists on', async (subject) => {
    await withContainer(subject, subject.commands.wait, async (containerId) => {
      const { status } = await subject.client.runtime.containerStatus({ containerId });
      const { image: found } = await subject.client.images.imageStatus({ image: { image: subject.image } });
      assert.ok(status !== undefined && found !== undefined);
      assert.equal(status.id, containerId);
      assert.equal(status.metadata?.name, 'main');
      assert.ok(status.createdAt > 0n);
      assert.notEqual(status.image?.image ?? '', '');
      assert.notEqual(status.imageRef, '');
      assert.equal(status.imageId, found.id);
      assert.deepEqual({ ...status.labels }, { container: 'main' });
      assert.deepEqual({ ...status.annotations }, { hash: 'abc' });
    });
  });
  check('tells how a program ended, with times', async (subject) => {
    for (const [code, reason] of [
      [0, 'Completed'],
      [7, 'Error'],
    ] as const) {
      await withContainer(subject, subject.commands.exit(code), async (containerId) => {
        await subject.client.runtime.startContainer({ containerId });
        await untilState(subject, containerId, CONTAINER_EXITED);
        const { status } = await subject.client.runtime.containerStatus({ containerId });
        assert.equal(status?.exitCode, code);
        assert.equal(status.reason, reason);
        assert.ok(status.startedAt >= status.createdAt && status.finishedAt >= status.startedAt);
      });
    }
  });
  check('lists by id, sandbox, state and labels, all of them at once', async (subject) => {
    await withContainer(subject, subject.commands.wait, async (id, podSandboxId) => {
      const ids = async (filter: Answer<typeof ContainerFilterSchema>): Promise<string[]> =>
        (await subject.client.runtime.listContainers({ filter })).containers.map((one) => one.id);
      const created = { state: CONTAINER_CREATED };
      assert.deepEqual(await ids({ id }), [id]);
      assert.deepEqual(await ids({ podSandboxId, state: created, labelSelector: { container: 'main' } }), [id]);
      assert.deepEqual(await ids({ podSandboxId, state: { state: CONTAINER_RUNNING } }), []);
      assert.deepEqual(await ids({ id, podSandboxId: 'f'.repeat(64) }), []);
      const streamed: string[] = [];
      for await (const { containers } of subject.client.runtime.streamContainers({ filter: { podSandboxId } })) {
        streamed.push(...containers.map((one) => one.id));
      }
      assert.deepEqual(streamed, [id]);
    });
  });
  check('removes a running container', async (subject) => {
    const { runtime } = subject.client;
    await withContainer(subject, subject.commands.wait, async (containerId) => {
      await runtime.startContainer({ containerId });
      await runtime.removeContainer({ containerId });
      assert.deepEqual((await runtime.listContainers({ filter: { id: containerId } })).containers, []);
    });
  });
  check('gives a repeated request the container of the first', async (subject) => {
    await withSandbox(subject, async (id, config) => {
      const first = await createContainer(subject, id, config, subject.commands.wait);
      assert.equal(await createContainer(subject, id, config, subject.commands.wait), first);
    });
  });
  check('makes none in a sandbox that is stopped or missing', async (subject) => {
    await withSandbox(subject, async (id, config) => {
      await subject.client.runtime.stopPodSandbox({ podSandboxId: id });
      await assertFails(createContainer(subject, id, config, subject.commands.wait));
      await assertFails(
        createContainer(subject, 'f'.repeat(64), config, subject.commands.wait),
        notFound,
        Code.UNKNOWN,
      );
    });
  });
}
