import assert from 'node:assert/strict';
import { link, lstat, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DescService } from '@bufbuild/protobuf';
import { Client as Transport, credentials } from '@grpc/grpc-js';
import { SystemClock } from '@kubewright/core';
import type { TestRunner } from '@kubewright/core/testing';
import { createClient } from '../client/grpc-connection.js';
import { Health, HealthCheckResponse_ServingStatus } from '../generated/grpc/health/v1/health_pb.js';
import { probeSocket } from '../socket/probe-socket.js';
import { Code } from '../status/code.js';

export interface ContractServer {
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface ContractSubject {
  /** A new server that will serve on this socket. The suite starts and stops it. */
  readonly serve: (path: string) => ContractServer;
  /** A service that it serves. */
  readonly service: DescService;
}

/**
 * What holds for every plugin server, whatever it serves: who may reach its socket, what becomes of the socket's file, and
 * that no input ends it.
 */
export function describeGrpcServerContract({ describe, it }: TestRunner, { serve, service }: ContractSubject): void {
  const served = (name: string, body: (path: string, server: ContractServer) => Promise<void>): unknown =>
    it(name, () =>
      inDirectory(async (path) => {
        const server = serve(path);
        await server.start();
        try {
          await body(path, server);
        } finally {
          await server.stop();
        }
      }),
    );

  describe('plugin server contract', () => {
    served('serves a socket that only its owner can reach', async (path) => {
      const file = await lstat(path);
      assert.ok(file.isSocket());
      assert.equal(file.mode & 0o777, 0o600);
    });

    served('refuses a socket that another server answers on, and leaves it working', async (path) => {
      await assert.rejects(serve(path).start(), /another process serves/);
      assert.equal(await probeSocket(path), 'served');
    });

    it('takes the place of a socket whose server died', () =>
      inDirectory(async (path) => {
        await leaveStaleSocket(path);
        const server = serve(path);
        await server.start();
        try {
          assert.equal(await probeSocket(path), 'served');
        } finally {
          await server.stop();
        }
      }));

    it('leaves a file alone that is not a socket', () =>
      inDirectory(async (path) => {
        await writeFile(path, 'precious');
        await assert.rejects(serve(path).start(), /not a socket/);
        assert.equal((await lstat(path)).size, 8);
      }));

    served('removes its socket when it stops, and can stop twice', async (path, server) => {
      await server.stop();
      await server.stop();
      assert.equal(await probeSocket(path), 'absent');
    });

    served('says that it is serving', async (path) => {
      using client = createClient(Health, { address: path, clock: new SystemClock() });
      const { status } = await client.check({ service: service.typeName });
      assert.equal(status, HealthCheckResponse_ServingStatus.SERVING);
    });

    served('answers UNIMPLEMENTED to a method that it does not have', async (path) => {
      assert.equal(await rawCall(path, `/${service.typeName}/NoSuchMethod`, Buffer.alloc(0)), Code.UNIMPLEMENTED);
    });

    served('survives a peer that speaks no HTTP/2', async (path) => {
      const socket = connect({ path });
      await once(socket, 'connect');
      socket.on('error', () => undefined); // the server may reset it
      socket.end(Buffer.alloc(4096, 0xff));
      socket.resume();
      await once(socket, 'close');
      assert.equal(await probeSocket(path), 'served');
    });

    for (const method of service.methods.filter(({ methodKind }) => methodKind === 'unary')) {
      served(`answers a request that cannot be decoded: ${method.name}`, async (path) => {
        const garbage = Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff]); // a field longer than the message
        const status = await rawCall(path, `/${service.typeName}/${method.name}`, garbage);
        assert.ok(status === Code.INTERNAL || status === Code.UNIMPLEMENTED, `status ${status}`);
        assert.equal(await probeSocket(path), 'served');
      });
    }
  });
}

async function inDirectory(body: (path: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'kw-contract-'));
  try {
    await body(join(directory, 'plugin.sock'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What a server that was killed leaves behind: a socket file with nobody behind it. */
async function leaveStaleSocket(path: string): Promise<void> {
  const server = createServer();
  server.listen(`${path}.first`);
  await once(server, 'listening');
  await link(`${path}.first`, path); // closing a server removes the name it was given, and only that
  server.close();
  await once(server, 'close');
  await unlink(`${path}.first`).catch(() => undefined);
}

/** The status of a call whose request is any bytes. */
function rawCall(path: string, method: string, request: Buffer): Promise<number> {
  const transport = new Transport(`unix:${path}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  const same = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    transport.makeUnaryRequest(method, same, same, request, (error) => {
      transport.close();
      resolve(error?.code ?? Code.OK);
    });
  });
}
