/** Plugin servers for tests. Neighbours: none of the shipped code uses this folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DescService } from '@bufbuild/protobuf';
import { SystemClock } from '@kubewright/core';
import { GrpcConnection } from '../client/grpc-connection.js';
import type { GrpcClient } from '../client/client-types.js';
import { GrpcServer } from '../server/grpc-server.js';
import type { GrpcServerOptions } from '../server/server-options.js';

/** The options of a `GrpcServer`; the address is made up, and the clock is the machine's unless given. */
export type TestServerOptions = Omit<GrpcServerOptions, 'address' | 'clock'> &
  Partial<Pick<GrpcServerOptions, 'clock'>>;

/** A server on a unix socket in a directory of its own, with one connection to it. Disposing it removes all of them. */
export interface TestServer extends AsyncDisposable {
  readonly server: GrpcServer;
  readonly connection: GrpcConnection;
  /** The socket's path. */
  readonly path: string;
  /** A client over the connection. */
  client<S extends DescService>(service: S): GrpcClient<S>;
  stop(): Promise<void>;
}

export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'kw-grpc-'));
  const path = join(directory, 'plugin.sock');
  const clock = options.clock ?? new SystemClock();
  const server = new GrpcServer({ ...options, clock, address: path });
  const connection = new GrpcConnection({ address: path, clock });
  const stop = async (): Promise<void> => {
    connection.close();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await server.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    server,
    connection,
    path,
    client: (service) => connection.client(service),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
