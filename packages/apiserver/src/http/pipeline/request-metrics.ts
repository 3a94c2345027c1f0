import { Metrics, Plugin, inject } from '@kubewright/core';
import type { Counter, Gauge, Histogram } from '@kubewright/core';
import type { ServedResource } from '../../registry/served-resource.js';
import type { RequestInfo, ResourceRequestInfo } from '../request-info.js';
import type { ServerRequest } from '../server-request.js';

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
/** A patch of this type is a server-side apply. */
const applyType = 'application/apply-patch';
const labelNames = ['component', 'dry_run', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'];
/** kube-apiserver's, from 5 ms to a minute. */
const seconds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

/** Counts requests under kube-apiserver's names. Only what is served becomes a label, so clients cannot make up series. */
@Plugin({ name: 'request-metrics' })
export class RequestMetrics {
  readonly #total: Counter;
  readonly #duration: Histogram;
  readonly #inFlight: Gauge;

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
    this.#inFlight = metrics.gauge({
      name: 'apiserver_current_inflight_requests',
      help: 'Requests that are worked on now, watches apart.',
      labelNames: ['request_kind'],
      series: [{ request_kind: 'readOnly' }, { request_kind: 'mutating' }],
    });
  }

  /** Counts a request as worked on until the result is disposed of. */
  inFlight(kind: 'readOnly' | 'mutating'): Disposable {
    const labels = { request_kind: kind };
    this.#inFlight.add(1, labels);
    return { [Symbol.dispose]: () => this.#inFlight.add(-1, labels) };
  }

  /** @param served - what is served under the request's path; names that clients make up do not become labels. */
  observe(
    info: RequestInfo | undefined,
    served: ServedResource | undefined,
    status: number,
    milliseconds: number,
    request: ServerRequest,
  ): void {
    const { group = '', version = '', plural: resource = '' } = served ?? {};
    const asked = info?.kind === 'resource' ? info.subresource : '';
    const subresource = served?.subresources.some(({ name }) => name === asked) === true ? asked : '';
    const applies = info?.verb === 'patch' && request.headers['content-type']?.startsWith(applyType) === true;
    const verb = applies ? 'APPLY' : ((info && verbs[info.verb]) ?? 'OTHER');
    const scope = served === undefined || info?.kind !== 'resource' ? '' : scopeOf(info);
    const labels = {
      component: 'apiserver',
      dry_run: dryRunOf(request),
      group,
      resource,
      scope,
      subresource,
      verb,
      version,
    };
    this.#total.increment({ ...labels, code: String(status) });
    this.#duration.observe(milliseconds / 1000, labels);
  }
}

function dryRunOf({ path }: ServerRequest): string {
  const mark = path.indexOf('?');
  if (mark < 0 || !path.includes('dryRun', mark)) return '';
  const wishes = new URLSearchParams(path.slice(mark)).getAll('dryRun').filter((wish) => wish !== '');
  if (wishes.length === 0) return '';
  return wishes.every((wish) => wish === 'All') ? 'All' : 'invalid';
}

/** One object, also one that is created; those of a namespace; or those of the cluster. */
function scopeOf({ name, namespace, verb }: ResourceRequestInfo): string {
  if (name !== '' || verb === 'create') return 'resource';
  return namespace === '' ? 'cluster' : 'namespace';
}
