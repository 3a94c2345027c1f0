/** The part on every node: serves on CSI_ENDPOINT until SIGTERM, and registers there where CSI_REGISTRATION_ENDPOINT says. */
import { Host, runUntilSignal } from '@kubewright/core';
import { livenessProbe } from '@kubewright/csi-sdk';
import { SharedDirectoryDriver } from './shared-directory-driver.js';

const endpoint = process.env['CSI_ENDPOINT'] ?? '';
await runUntilSignal(new Host().use(SharedDirectoryDriver).use(livenessProbe({ endpoint, port: 9808 })));
