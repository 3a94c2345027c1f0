import type { DescMethod } from '@bufbuild/protobuf';
import type { Counter, Histogram, Labels, Metrics } from '@kubewright/core';
import { metricCode } from '../status/code.js';

/** The call kinds as the label `grpc_type` names them. */
const types = {
  unary: 'unary',
  client_streaming: 'client_stream',
  server_streaming: 'server_stream',
  bidi_streaming: 'bidi_stream',
} as const;

/** The server metrics that dashboards for gRPC expect, with the names and labels of go-grpc-prometheus. */
export class CallMetrics {
  readonly #started: Counter;
  readonly #handled: Counter;
  readonly #seconds: Histogram;

  constructor(metrics: Metrics) {
    const labelNames = ['grpc_type', 'grpc_service', 'grpc_method'];
    const help = {
      started: 'Calls that the server has begun.',
      handled: 'Calls that the server has ended, by status.',
      seconds: 'How long calls took, until their status was sent.',
    };
    this.#started = metrics.counter({ name: 'grpc_server_started_total', help: help.started, labelNames });
    this.#handled = metrics.counter({
      name: 'grpc_server_handled_total',
      help: help.handled,
      labelNames: [...labelNames, 'grpc_code'],
    });
    this.#seconds = metrics.histogram({ name: 'grpc_server_handling_seconds', help: help.seconds, labelNames });
  }

  /** The instruments for one method. */
  forMethod(method: DescMethod): MethodMetrics {
    const labels = {
      grpc_type: types[method.methodKind],
      grpc_service: method.parent.typeName,
      grpc_method: method.name,
    };
    return new MethodMetrics(this.#started, this.#handled, this.#seconds, labels);
  }
}

/** Counts the calls of one method. */
export class MethodMetrics {
  readonly #started: Counter;
  readonly #handled: Counter;
  readonly #seconds: Histogram;
  readonly #labels: Labels;

  constructor(started: Counter, handled: Counter, seconds: Histogram, labels: Labels) {
    this.#started = started;
    this.#handled = handled;
    this.#seconds = seconds;
    this.#labels = labels;
  }

  started(): void {
    this.#started.increment(this.#labels);
  }

  handled(status: number, milliseconds: number): void {
    this.#handled.increment({ ...this.#labels, grpc_code: metricCode(status) });
    this.#seconds.observe(milliseconds / 1000, this.#labels);
  }
}
