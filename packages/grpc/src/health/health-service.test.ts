import { describe, expect, it } from 'vitest';
import { HealthCheckResponse_ServingStatus as Status, Health } from '../generated/grpc/health/v1/health_pb.js';
import { Code } from '../status/code.js';
import { EchoService } from '../testing/echo-service.js';
import { startTestServer } from '../testing/test-server.js';

const echo = 'kubewright.testing.v1.Echo';

describe('health', () => {
  it('answers for the server and each service, and NOT_FOUND for others', async () => {
    await using test = await startTestServer({ services: [new EchoService()] });
    const client = test.client(Health);
    expect((await client.check({})).status).toBe(Status.SERVING);
    expect((await client.check({ service: echo })).status).toBe(Status.SERVING);
    await expect(client.check({ service: 'other' })).rejects.toMatchObject({ status: Code.NOT_FOUND });
    test.server.health.set(echo, false);
    expect((await client.check({ service: echo })).status).toBe(Status.NOT_SERVING);
    expect((await client.check({})).status).toBe(Status.SERVING);
  });

  it('tells each change, and ends when the server stops', async () => {
    const test = await startTestServer({ services: [new EchoService()] });
    const seen: Status[] = [];
    const reading = (async () => {
      for await (const { status } of test.client(Health).watch({ service: echo })) {
        seen.push(status);
        if (seen.length === 1) test.server.health.set(echo, false);
        if (seen.length === 2) test.server.health.set(echo, true);
        if (seen.length === 3) void test.server.stop();
      }
    })();
    await reading;
    await test.stop();
    expect(seen).toEqual([Status.SERVING, Status.NOT_SERVING, Status.SERVING, Status.NOT_SERVING]);
  });

  it('tells a watcher of an unknown service when it comes to be known', async () => {
    await using test = await startTestServer({ services: [] });
    const seen: Status[] = [];
    for await (const { status } of test.client(Health).watch({ service: 'later' })) {
      seen.push(status);
      if (seen.length === 2) break;
      test.server.health.set('later', true);
    }
    expect(seen).toEqual([Status.SERVICE_UNKNOWN, Status.SERVING]);
  });
});
