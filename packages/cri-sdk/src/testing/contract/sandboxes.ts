import assert from 'node:assert/strict';
import { ContainerState, PodSandboxState } from '../../generated/runtime/v1/cri_pb.js';
import type { PodSandboxFilterSchema } from '../../generated/runtime/v1/cri_pb.js';
import type { Answer } from '../../service/answer.js';
import { assertFails, createContainer, notFound, sandboxConfig, untilState, withSandbox } from './fixture.js';
import type { RuntimeCheck } from './fixture.js';

export function describeSandboxRules(check: RuntimeCheck): void {
  check('shows a sandbox as it was asked for', async (subject) => {
    await withSandbox(subject, async (id, { metadata, labels, annotations, linux }) => {
      const { status } = await subject.client.runtime.podSandboxStatus({ podSandboxId: id });
      assert.ok(status !== undefined);
      assert.equal(status.id, id);
      assert.equal(status.state, PodSandboxState.SANDBOX_READY);
      assert.ok(status.createdAt > 0n);
      const { name, namespace, uid, attempt } = status.metadata ?? {};
      assert.deepEqual({ name, namespace, uid, attempt }, { ...metadata });
      assert.deepEqual({ ...status.labels }, labels);
      assert.deepEqual({ ...status.annotations }, annotations);
      // A kubelet makes the pod anew when these differ from what it asked for.
      const { network, pid, ipc } = status.linux?.namespaces?.options ?? {};
      assert.deepEqual({ network, pid, ipc }, { ...linux?.securityContext?.namespaceOptions });
    });
  });
  check('lists by id, state and labels, all of them at once', async (subject) => {
    await withSandbox(subject, async (id, { labels = {} }) => {
      const ids = async (filter: Answer<typeof PodSandboxFilterSchema>): Promise<string[]> =>
        (await subject.client.runtime.listPodSandbox({ filter })).items.map((item) => item.id);
      const { app = '' } = labels;
      const ready = { state: PodSandboxState.SANDBOX_READY };
      assert.deepEqual(await ids({ id }), [id]);
      assert.deepEqual(await ids({ id, state: ready, labelSelector: { app } }), [id]);
      assert.deepEqual(await ids({ id, state: { state: PodSandboxState.SANDBOX_NOTREADY } }), []);
      assert.deepEqual(await ids({ id, labelSelector: { app: 'other' } }), []);
      assert.deepEqual(await ids({ id: 'f'.repeat(64) }), []);
      const streamed: string[] = [];
      for await (const { podSandboxes } of subject.client.runtime.streamPodSandboxes({ filter: { id } })) {
        streamed.push(...podSandboxes.map((item) => item.id));
      }
      assert.deepEqual(streamed, [id]);
    });
  });
  check('stops and removes sandboxes, as often as asked', async (subject) => {
    const { runtime } = subject.client;
    const { podSandboxId } = await runtime.runPodSandbox({ config: sandboxConfig(subject) });
    await runtime.stopPodSandbox({ podSandboxId });
    await runtime.stopPodSandbox({ podSandboxId });
    const { status } = await runtime.podSandboxStatus({ podSandboxId });
    assert.equal(status?.state, PodSandboxState.SANDBOX_NOTREADY);
    await runtime.removePodSandbox({ podSandboxId });
    await runtime.removePodSandbox({ podSandboxId });
    await runtime.stopPodSandbox({ podSandboxId });
    await assertFails(runtime.podSandboxStatus({ podSandboxId }), notFound);
  });
  check('gives a repeated request the sandbox of the first, and the name is free after removal', async (subject) => {
    const { runtime } = subject.client;
    const config = sandboxConfig(subject);
    const [first, second] = await Promise.all([runtime.runPodSandbox({ config }), runtime.runPodSandbox({ config })]);
    assert.equal(second.podSandboxId, first.podSandboxId);
    await runtime.removePodSandbox({ podSandboxId: first.podSandboxId });
    const again = await runtime.runPodSandbox({ config });
    assert.notEqual(again.podSandboxId, first.podSandboxId);
    await runtime.removePodSandbox({ podSandboxId: again.podSandboxId });
  });
  check('removes what runs in a sandbox', async (subject) => {
    const { runtime } = subject.client;
    await withSandbox(subject, async (id, config) => {
      const containerId = await createContainer(subject, id, config, subject.commands.wait);
      await runtime.startContainer({ containerId });
      await untilState(subject, containerId, ContainerState.CONTAINER_RUNNING);
      await runtime.removePodSandbox({ podSandboxId: id });
      await assertFails(runtime.containerStatus({ containerId }), notFound);
    });
  });
  check('refuses an unknown handler, and a request without a name', async (subject) => {
    const { runtime } = subject.client;
    await assertFails(runtime.runPodSandbox({ config: sandboxConfig(subject), runtimeHandler: 'no-such-handler' }));
    await assertFails(runtime.runPodSandbox({ config: {} }));
  });
}
