import { describeCsiDriverContract } from '@kubewright/csi-sdk/testing';
import { VolumeCapability_AccessMode_Mode as Mode } from '@kubewright/csi-sdk/v1';
import { privileged } from '@kubewright/linux/testing';
import { describe, it } from 'vitest';
import { startHostPathDriver } from '../testing/start-host-path-driver.js';

const block = {
  accessType: { case: 'block', value: {} },
  accessMode: { mode: Mode.SINGLE_NODE_WRITER },
} as const;

describe.skipIf(!privileged())('host-path driver with files', () => {
  describeCsiDriverContract({ describe, it }, () => startHostPathDriver());
});

describe.skipIf(!privileged())('host-path driver with devices', () => {
  describeCsiDriverContract({ describe, it }, async () => ({ ...(await startHostPathDriver()), capability: block }));
});
