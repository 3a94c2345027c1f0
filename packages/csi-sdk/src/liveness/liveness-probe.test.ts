import { Host } from '@kubewright/core';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { describe, expect, it } from 'vitest';
import { IdentityService } from '../services/identity-service.js';
import { FakeDriver } from '../testing/fake-driver.js';
import { startDriver } from '../testing/start-driver.js';
import { LivenessProbe, livenessProbe } from './liveness-probe.js';

/** Answers as it is told to. */
class ScriptedIdentity extends IdentityService {
  answer: () => ReturnType<IdentityService['probe']> = () => Promise.resolve({});
  override probe(): ReturnType<IdentityService['probe']> {
    return this.answer();
  }
}

class ProbedDriver extends FakeDriver {
  override readonly identity = new ScriptedIdentity();
}

describe('LivenessProbe', () => {
  it('tells what the driver says of itself, and that it says nothing', async () => {
    await using started = await startDriver((...services) => new ProbedDriver(...services));
    const { identity } = started.driver;
    const host = await new Host().use(livenessProbe({ endpoint: started.socketPath, port: 0, timeout: 200 })).start();
    const ask = async (path = '/healthz') => {
      const response = await fetch(`http://127.0.0.1:${host.get(LivenessProbe).port}${path}`);
      return [response.status, (await response.text()).trim()];
    };
    try {
      expect(await ask()).toEqual([200, 'ok']);
      identity.answer = () => Promise.resolve({ ready: false });
      expect(await ask()).toEqual([500, 'the driver answers, and says that it is not ready']);
      identity.answer = () => Promise.reject(new GrpcStatusError(Code.FAILED_PRECONDITION, 'no disk'));
      expect(await ask()).toEqual([500, 'the driver does not answer: no disk']);
      identity.answer = () => new Promise(() => undefined);
      expect((await ask())[0]).toBe(500);
      expect((await ask('/'))[0]).toBe(404);
    } finally {
      await host.stop();
    }
  });

  it('serves metrics only where it is told to, with the calls that it made', async () => {
    await using started = await startDriver((...services) => new ProbedDriver(...services));
    started.driver.identity.answer = () => Promise.reject(new GrpcStatusError(Code.FAILED_PRECONDITION, 'no disk'));
    const textOf = async (metrics: boolean): Promise<[number, string]> => {
      const host = await new Host().use(livenessProbe({ endpoint: started.socketPath, port: 0, metrics })).start();
      const at = `http://127.0.0.1:${host.get(LivenessProbe).port}`;
      await fetch(`${at}/healthz`);
      const response = await fetch(`${at}/metrics`);
      const text = await response.text();
      await host.stop();
      return [response.status, text];
    };
    expect((await textOf(false))[0]).toBe(404);
    const labels =
      'driver_name="unknown-driver",method_name="/csi.v1.Identity/Probe",grpc_status_code="FailedPrecondition"';
    expect(await textOf(true)).toEqual([
      200,
      expect.stringContaining(`csi_sidecar_operations_seconds_count{${labels}} 1\n`),
    ]);
  });
});
