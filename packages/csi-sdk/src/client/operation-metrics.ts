import type { Histogram, Metrics } from '@kubewright/core';
import { metricCode } from '@kubewright/grpc';
import type { EndedCall } from '@kubewright/grpc';

/** Those of Kubernetes' own sidecars, in seconds. */
const buckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600];

/** Counts calls of a driver under the name that the metrics of Kubernetes' sidecars have. */
export class CsiOperationMetrics {
  /** Once the driver has said it. */
  driver = 'unknown-driver';
  readonly #seconds: Histogram;

  constructor(metrics: Metrics) {
    this.#seconds = metrics.histogram({
      name: 'csi_sidecar_operations_seconds',
      help: 'How long calls of a driver took, by their status.',
      labelNames: ['driver_name', 'method_name', 'grpc_status_code'],
      buckets,
    });
  }

  /** For `onEnd` of a client. */
  ended({ path, status, milliseconds }: EndedCall): void {
    const labels = { driver_name: this.driver, method_name: path, grpc_status_code: metricCode(status) };
    this.#seconds.observe(milliseconds / 1000, labels);
  }
}
