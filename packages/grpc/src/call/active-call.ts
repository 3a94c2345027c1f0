/**
 * One call on the server: what its handler is told, how it runs (checks, lock, deadline, cancellation), and how its end is
 * answered, logged and counted. Neighbours: `service` (what to run), `server` (which calls there are).
 */
import type { Message } from '@bufbuild/protobuf';
import { Metadata } from '@grpc/grpc-js';
import type { Deadline, StatusObject } from '@grpc/grpc-js';
import type { Logger, Timer } from '@kubewright/core';
import { redact } from '../redaction/redact.js';
import type { MethodPlan } from '../service/service-plan.js';
import { Code, codeName } from '../status/code.js';
import { GrpcStatusError } from '../status/grpc-status-error.js';
import { packDetails } from '../status/status-details.js';
import { invalidArgument } from '../validation/rules.js';
import { CallMetadata } from '../service/call-context.js';
import type { CallContext } from '../service/call-context.js';
import type { CallServices } from './call-services.js';

/** What the four kinds of calls of grpc-js have in common. */
export interface IncomingCall {
  readonly metadata: Metadata;
  getDeadline(): Deadline;
  getPeer(): string;
  on(event: 'cancelled', listener: () => void): unknown;
}

/** A client's timer and ours may fire in either order; this close to the deadline a cancellation is taken for it. */
const deadlineSlack = 5;

/** Statuses that are the plugin's own fault, or say that it lacks something: the log shows them as warnings. */
const faults = new Set<number>([Code.UNKNOWN, Code.INTERNAL, Code.DATA_LOSS]);

/** W3C's: which trace a call belongs to. */
const traceHeaders = ['traceparent', 'tracestate', 'baggage'];

/** One running call. It is active until its handler has ended, which may be after the client got its answer. */
export class ActiveCall implements CallContext {
  readonly method: CallContext['method'];
  readonly deadline: number | undefined;
  readonly metadata: CallMetadata;
  readonly logger: Logger;
  readonly peer: string;
  readonly draining: AbortSignal;
  readonly #plan: MethodPlan;
  readonly #services: CallServices;
  readonly #abort = new AbortController();
  readonly #begun: number;
  readonly #timer: Timer | undefined;
  /** Resolves when the handler has ended. */
  readonly whenEnded: Promise<void>;
  #end: () => void = () => {};
  #request: Message | undefined;
  #answered = false;

  constructor(plan: MethodPlan, call: IncomingCall, services: CallServices) {
    const { clock } = services;
    this.whenEnded = new Promise((resolve) => (this.#end = resolve));
    this.#plan = plan;
    this.#services = services;
    this.method = plan.method;
    this.metadata = new CallMetadata(call.metadata);
    this.logger = services.logger;
    this.peer = call.getPeer();
    this.draining = services.draining;
    this.#begun = clock.monotonic();
    const asked = Number(call.getDeadline());
    const wait = Number.isFinite(asked) || plan.method.methodKind !== 'unary' ? undefined : services.defaultDeadline;
    this.deadline = wait === undefined ? (Number.isFinite(asked) ? asked : undefined) : clock.now() + wait;
    if (wait !== undefined) this.#timer = clock.setTimer(wait, () => this.abort(deadlineExceeded()));
    call.on('cancelled', () => this.#cancelled());
    services.active.add(this);
    services.metrics.started();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  abort(reason: GrpcStatusError): void {
    this.#abort.abort(reason);
  }

  /** Checks a request and takes its lock. The lock is the caller's to dispose when the handler has ended. */
  admit(request: Message): Disposable | undefined {
    this.#request = request;
    for (const check of this.#plan.checks) {
      const violation = check(request);
      if (violation !== undefined) throw invalidArgument(violation);
    }
    const key = this.#plan.exclusive?.(request);
    return key === undefined ? undefined : this.#plan.locks.acquire(key);
  }

  /** Runs the handler in a span, which belongs to the trace that the client tells of. */
  traced<T>(work: () => Promise<T>): Promise<T> {
    const { name, parent } = this.method;
    const attributes = { 'rpc.system': 'grpc', 'rpc.service': parent.typeName, 'rpc.method': name };
    const from = Object.fromEntries(traceHeaders.map((header) => [header, textOf(this.metadata.get(header))]));
    const options = { kind: 'server' as const, attributes, from };
    return this.#services.tracer.span(`${parent.typeName}/${name}`, options, async (span) => {
      try {
        const result = await work();
        span.setAttributes({ 'rpc.grpc.status_code': Code.OK });
        return result;
      } catch (error) {
        span.setAttributes({ 'rpc.grpc.status_code': this.statusOf(error).status });
        throw error;
      }
    });
  }

  /** The status for whatever a handler threw; a mapping of the plugin's that itself fails is passed over. */
  statusOf(error: unknown): GrpcStatusError {
    try {
      return this.#services.mapError?.(error) ?? GrpcStatusError.from(error);
    } catch (failure) {
      this.logger.error('mapError failed', { error: failure });
      return GrpcStatusError.from(error);
    }
  }

  /** Notes that the call is answered, once: metrics and the log count the first status. */
  answered(error?: GrpcStatusError): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#timer?.cancel();
    const status = error?.status ?? Code.OK;
    const milliseconds = this.#services.clock.monotonic() - this.#begun;
    this.#services.metrics.handled(status, milliseconds);
    this.#log(status, milliseconds, error);
  }

  /** The handler has ended: the call holds nothing any more. */
  ended(): void {
    this.#services.active.delete(this);
    this.#end();
  }

  /** An error as grpc-js sends it: the text alone, details only where the service allows them. */
  wireStatus(error: GrpcStatusError): Partial<StatusObject> {
    if (!this.#plan.statusDetails || error.statusDetails.length === 0)
      return { code: error.status, details: error.text };
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', packDetails(error.status, error.text, error.statusDetails));
    return { code: error.status, details: error.text, metadata };
  }

  #cancelled(): void {
    if (this.#answered) return; // grpc-js says so for every call that has ended
    const late = this.deadline !== undefined && this.#services.clock.now() >= this.deadline - deadlineSlack;
    this.abort(late ? deadlineExceeded() : new GrpcStatusError(Code.CANCELLED, 'the client cancelled the call'));
  }

  #log(status: Code, milliseconds: number, error: GrpcStatusError | undefined): void {
    const { logRequests, secret } = this.#services;
    const fields = {
      code: codeName(status),
      milliseconds: Math.round(milliseconds * 1000) / 1000,
      ...(error && { message: error.text }),
      ...(logRequests && this.#request && { request: redact(this.#plan.method.input, this.#request, secret) }),
    };
    if (faults.has(status)) this.logger.warn('gRPC call failed', { ...fields, error: error?.cause ?? error });
    else this.logger.debug('gRPC call', fields);
  }
}

function deadlineExceeded(): GrpcStatusError {
  return new GrpcStatusError(Code.DEADLINE_EXCEEDED, 'the deadline passed before the call ended');
}

function textOf(value: string | Uint8Array | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
