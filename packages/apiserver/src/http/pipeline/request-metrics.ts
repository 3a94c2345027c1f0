import { Metrics, Plugin, inject } from '@kubewright/core';
import type { Counter, Histogram } from '@kubewright/core';
import type { ServedResource } from '../../registry/served-resource.js';
import type { RequestInfo } from '../request-info.js';

/** The verbs as kube-apiserver's metrics name them: two after their HTTP method, the others as RBAC does. */
const verbs: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
  post: 'POST',
  put: 'PUT',
};
const labelNames = ['component', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'];
/** kube-apiserver's, from 5 ms to a minute. */
const seconds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

/** Counts requests under kube-apiserver's names. Only what is served becomes a label, so clients cannot make up series. */
@Plugin({ name: 'request-metrics' })
export class RequestMetrics {
  readonly #total: Counter;
  readonly #duration: Histogram;

  constructor(@inject(Metrics) metrics: Metrics) {
    this.#total = metrics.counter({
      name: 'apiserver_request_total',
      help: 'Requests answered, by what they asked for and the code of the answer.',
      labelNames: ['code', ...labelNames],
    });
    this.#duration = metrics.histogram({
      name: 'apiserver_request_duration_seconds',
      help: 'Time from a request to the head of its answer, in seconds.',
      labelNames,
      buckets: seconds,
    });
  }

  /** @param served - what is served under the request's path; names that clients make up do not become labels. */
  observe(
    info: RequestInfo | undefined,
    served: ServedResource | undefined,
    status: number,
    milliseconds: number,
  ): void {
    const { group = '', version = '', plural: resource = '' } = served ?? {};
    const asked = info?.kind === 'resource' ? info.subresource : '';
    const subresource = served?.subresources.some(({ name }) => name === asked) === true ? asked : '';
    const verb = (info && verbs[info.verb]) ?? 'OTHER';
    const scope = served === undefined || info?.kind !== 'resource' ? '' : scopeOf(info);
    const labels = { component: 'apiserver', group, resource, scope, subresource, verb, version };
    this.#total.increment({ ...labels, code: String(status) });
    this.#duration.observe(milliseconds / 1000, labels);
  }
}

/** One object, those of a namespace, or those of the cluster. */
function scopeOf({ name, namespace }: { readonly name: string; readonly namespace: string }): string {
  if (name !== '') return 'resource';
  return namespace === '' ? 'cluster' : 'namespace';
}
