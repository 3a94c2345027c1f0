/** Offers the devices to this node's kubelet until SIGTERM. */
import { Host, runUntilSignal } from '@kubewright/core';
import { SimulatedDevices } from './simulated-devices.js';

await runUntilSignal(new Host().use(SimulatedDevices));
