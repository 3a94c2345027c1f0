import assert from 'node:assert/strict';
import { nextTurn } from '@kubewright/core/async';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { NamespaceMode } from '../../generated/runtime/v1/cri_pb.js';
import type { ContainerState, PodSandboxConfigSchema } from '../../generated/runtime/v1/cri_pb.js';
import type { Answer } from '../../service/answer.js';
import type { RuntimeSubject } from './runtime-subject.js';

/** Declares one test over a runtime. */
export type RuntimeCheck = (name: string, body: (subject: RuntimeSubject) => Promise<void>) => void;

let made = 0;

/** The configuration of a sandbox that no other test uses. */
export function sandboxConfig(subject: RuntimeSubject): Answer<typeof PodSandboxConfigSchema> {
  const uid = `uid-${process.pid}-${made++}`;
  return {
    metadata: { name: 'pod', namespace: 'contract', uid, attempt: 1 },
    labels: { app: uid, tier: 'test' },
    annotations: { 'example.com/note': 'kept as it is: ä "\n"' },
    logDirectory: subject.logDirectory === undefined ? '' : `${subject.logDirectory}/${uid}`,
    linux: {
      securityContext: {
        namespaceOptions: { network: NamespaceMode.NODE, pid: NamespaceMode.CONTAINER, ipc: NamespaceMode.POD },
      },
    },
  };
}

/** A ready sandbox that is removed after the test. */
export async function withSandbox(
  subject: RuntimeSubject,
  body: (id: string, config: Answer<typeof PodSandboxConfigSchema>) => Promise<void>,
): Promise<void> {
  const config = sandboxConfig(subject);
  const { podSandboxId } = await subject.client.runtime.runPodSandbox({ config });
  try {
    await body(podSandboxId, config);
  } finally {
    await subject.client.runtime.removePodSandbox({ podSandboxId });
  }
}

/** A container in a sandbox of its own, not started. */
export async function withContainer(
  subject: RuntimeSubject,
  command: readonly string[],
  body: (id: string, podSandboxId: string) => Promise<void>,
): Promise<void> {
  await withSandbox(subject, async (podSandboxId, config) => {
    const id = await createContainer(subject, podSandboxId, config, command);
    await body(id, podSandboxId);
  });
}

export async function createContainer(
  { client, image, logDirectory }: RuntimeSubject,
  podSandboxId: string,
  sandbox: Answer<typeof PodSandboxConfigSchema>,
  command: readonly string[],
  name = 'main',
): Promise<string> {
  const { imageRef } = await client.images.pullImage({ image: { image } });
  const { containerId } = await client.runtime.createContainer({
    podSandboxId,
    sandboxConfig: sandbox,
    config: {
      metadata: { name, attempt: 0 },
      image: { image: imageRef, userSpecifiedImage: image },
      command: [...command],
      labels: { container: name },
      annotations: { hash: 'abc' },
      logPath: logDirectory === undefined ? '' : `${name}.log`,
      linux: {},
    },
  });
  return containerId;
}

/** Waits until a container is in a state, looking again and again: runtimes are not told to be quick. */
export async function untilState(
  { client }: RuntimeSubject,
  containerId: string,
  state: ContainerState,
): Promise<void> {
  for (let tries = 0; tries < 20_000; tries++) {
    const { status } = await client.runtime.containerStatus({ containerId });
    if (status?.state === state) return;
    await nextTurn();
  }
  assert.fail(`the container did not come to state ${state}`);
}

/** Asserts that a call fails, with one of the codes if any are given. */
export async function assertFails(call: Promise<unknown>, ...codes: readonly Code[]): Promise<void> {
  const error = await call.then(
    () => assert.fail('the call should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(GrpcStatusError.is(error), `${String(error)} is no status of a call`);
  if (codes.length > 0) assert.ok(codes.includes(error.status), `the call failed with ${error.message}`);
}

export const notFound = Code.NOT_FOUND;
