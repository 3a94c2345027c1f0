import { tmpdir } from 'node:os';
import { describe, it } from 'vitest';
import { FakeDriver } from './fake-driver.js';
import { describeCsiDriverContract } from './driver-contract.js';
import { startDriver } from './start-driver.js';

describeCsiDriverContract({ describe, it }, async () => {
  const started = await startDriver((...services) => new FakeDriver(...services));
  return {
    client: started.client,
    mountDirectory: tmpdir(),
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
});
