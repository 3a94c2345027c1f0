/** Serves on CSI_ENDPOINT until SIGTERM. */
import { Host, runUntilSignal } from '@kubewright/core';
import { SharedMemoryDriver } from './shared-memory-driver.js';

await runUntilSignal(new Host().use(SharedMemoryDriver));
