/** A runtime on a unix socket. Neighbours: `service` has the classes that are served. */
import { GrpcServer } from '@kubewright/grpc';
import type { GrpcServerOptions } from '@kubewright/grpc';
import type { ImageService } from '../service/image-service.js';
import type { RuntimeService } from '../service/runtime-service.js';

/** What a kubelet takes, in bytes; its client refuses larger messages. */
const largestMessage = 16 * 1024 * 1024;

export interface CriServerOptions extends Omit<GrpcServerOptions, 'services' | 'maxMessageBytes' | 'deadline'> {
  readonly runtime: RuntimeService;
  /** Default: none, for a runtime whose images are served elsewhere. */
  readonly images?: ImageService;
}

/**
 * A server for a runtime, not started yet. The socket has mode 0600 unless told otherwise; a call has the deadline that its
 * caller sets, and no other.
 */
export function criServer({ runtime, images, ...options }: CriServerOptions): GrpcServer {
  const services = images === undefined ? [runtime] : [runtime, images];
  return new GrpcServer({ ...options, services, maxMessageBytes: largestMessage });
}
