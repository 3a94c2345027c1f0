/** The driver that is measured, in a process of its own: serves on CSI_ENDPOINT until SIGTERM. */
import { Host, runUntilSignal } from '@kubewright/core';
import { FakeDriver } from '@kubewright/csi-sdk/testing';

await runUntilSignal(new Host().use(FakeDriver));
