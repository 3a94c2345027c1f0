/** Calling a container runtime as a kubelet does. Neighbours: `proxy` forwards through it, `testing` judges with it. */
import { GrpcConnection } from '@kubewright/grpc';
import type { CallOptions, GrpcClient } from '@kubewright/grpc';
import type { Clock } from '@kubewright/core';
import { ImageService, RuntimeService } from '../generated/runtime/v1/cri_pb.js';
import type { ExecSyncRequestSchema, StopContainerRequestSchema } from '../generated/runtime/v1/cri_pb.js';
import type { Answer } from '../service/answer.js';

/** A kubelet's `runtimeRequestTimeout`, in milliseconds. */
const defaultTimeout = 120_000;
/** For calls that only their caller ends: a day. */
const noTimeout = 86_400_000;

export interface CriClientOptions {
  /** `unix:///path`, or an absolute path. */
  readonly address: string;
  /** Where images are managed, if elsewhere. Default: `address`. */
  readonly imageAddress?: string;
  readonly clock: Clock;
  /** The deadline of a call, in milliseconds. RunPodSandbox has twice as much, and calls that are told to wait have that time added. Default: 120,000, as a kubelet's. */
  readonly timeout?: number;
  /** How long a call waits for a runtime that cannot be reached, in milliseconds. Default: 10,000; then UNAVAILABLE. */
  readonly connectTimeout?: number;
}

/**
 * A client of a runtime's two services, with the deadlines of a kubelet. Messages have up to 16 MiB; the authority of a
 * unix socket is `localhost`, which the servers of other runtimes insist on.
 */
export class CriClient implements Disposable {
  readonly runtime: GrpcClient<typeof RuntimeService>;
  readonly images: GrpcClient<typeof ImageService>;
  readonly #connections: readonly GrpcConnection[];

  /** Connects with the first call. @throws KW_GRPC_ADDRESS_INVALID */
  constructor(options: CriClientOptions) {
    const timeout = options.timeout ?? defaultTimeout;
    const connect = (address: string): GrpcConnection =>
      new GrpcConnection({
        address,
        clock: options.clock,
        deadline: timeout,
        ...(options.connectTimeout !== undefined && { connectTimeout: options.connectTimeout }),
      });
    const main = connect(options.address);
    const other = options.imageAddress === undefined ? main : connect(options.imageAddress);
    this.#connections = [main, other];
    this.runtime = withRuntimeDeadlines(main.client(RuntimeService), timeout);
    const images = other.client(ImageService);
    this.images = {
      ...images,
      pullImage: (request, call) => images.pullImage(request, { deadline: noTimeout, ...call }),
    };
  }

  /** Cancels running calls and closes the connections. */
  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function withRuntimeDeadlines(
  runtime: GrpcClient<typeof RuntimeService>,
  timeout: number,
): GrpcClient<typeof RuntimeService> {
  const waiting = (seconds: bigint | undefined): number => timeout + Number(seconds ?? 0n) * 1000;
  return {
    ...runtime,
    runPodSandbox: (request, call) => runtime.runPodSandbox(request, { deadline: 2 * timeout, ...call }),
    stopContainer: (request: Answer<typeof StopContainerRequestSchema>, call?: CallOptions) =>
      runtime.stopContainer(request, { deadline: waiting(request.timeout), ...call }),
    execSync: (request: Answer<typeof ExecSyncRequestSchema>, call?: CallOptions) =>
      runtime.execSync(request, {
        deadline: request.timeout === undefined || request.timeout === 0n ? noTimeout : waiting(request.timeout),
        ...call,
      }),
  };
}
