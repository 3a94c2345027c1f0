/**
 * The health interface of gRPC (grpc.health.v1), which the kubelet's gRPC probes and load balancers ask. The server makes
 * one and serves it; a plugin reports through `server.health`.
 */
import type { CallContext } from '../service/call-context.js';
import { HealthCheckResponse_ServingStatus as Status, Health } from '../generated/grpc/health/v1/health_pb.js';
import type { HealthCheckRequest } from '../generated/grpc/health/v1/health_pb.js';
import { GrpcService } from '../service/decorators.js';
import { Code } from '../status/code.js';
import { GrpcStatusError } from '../status/grpc-status-error.js';

type Answer = { status: Status };

@GrpcService(Health)
export class HealthService {
  readonly #healthy = new Map<string, boolean>();
  readonly #watchers = new Set<() => void>();
  #running = false;

  /** @param services - full names of the services to tell about; the empty name, the server as a whole, is always there. */
  constructor(services: readonly string[] = []) {
    for (const name of ['', ...services]) this.#healthy.set(name, true);
  }

  /** Says whether a service can work. Default: every service can. @param service - full name; empty: the whole server. */
  set(service: string, healthy: boolean): void {
    this.#healthy.set(service, healthy);
    this.#changed();
  }

  /** From now on the answer is what `set` said. */
  resume(): void {
    this.#running = true;
    this.#changed();
  }

  /** From now on nothing is serving, whatever `set` says. */
  shutdown(): void {
    this.#running = false;
    this.#changed();
  }

  async check({ service }: HealthCheckRequest): Promise<Answer> {
    const status = this.#status(service);
    if (status === Status.SERVICE_UNKNOWN) {
      throw new GrpcStatusError(Code.NOT_FOUND, `the server does not know a service '${service}'`);
    }
    return { status };
  }

  async *watch({ service }: HealthCheckRequest, context: CallContext): AsyncGenerator<Answer> {
    const end = AbortSignal.any([context.signal, context.draining]);
    for (let told: Status | undefined; ;) {
      const status = this.#status(service);
      if (status !== told) yield { status };
      told = status;
      if (end.aborted) return;
      if (this.#status(service) === told) await this.#change(end);
    }
  }

  #status(service: string): Status {
    const healthy = this.#healthy.get(service);
    if (healthy === undefined) return Status.SERVICE_UNKNOWN;
    return healthy && this.#running ? Status.SERVING : Status.NOT_SERVING;
  }

  #change(end: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#watchers.delete(wake);
        end.removeEventListener('abort', wake);
        resolve();
      };
      this.#watchers.add(wake);
      end.addEventListener('abort', wake, { once: true });
    });
  }

  #changed(): void {
    for (const wake of this.#watchers) wake();
  }
}
