import type { Transport } from '@kubewright/informer';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import { Choices } from '../generate.js';
import type { FuzzRun, FuzzTarget } from '../target.js';

const collections = [
  '/api/v1/namespaces/default/configmaps',
  '/api/v1/namespaces/default/pods',
  '/api/v1/namespaces/default/services',
  '/api/v1/namespaces/default/secrets',
  '/api/v1/namespaces/default/serviceaccounts',
  '/apis/apps/v1/namespaces/default/deployments',
  '/apis/apps/v1/namespaces/default/replicasets',
  '/apis/batch/v1/namespaces/default/jobs',
  '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles',
  '/apis/coordination.k8s.io/v1/namespaces/default/leases',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  '/api/v1/nodes',
];
const kinds: Readonly<Record<string, readonly [string, string]>> = {
  configmaps: ['v1', 'ConfigMap'],
  pods: ['v1', 'Pod'],
  services: ['v1', 'Service'],
  secrets: ['v1', 'Secret'],
  serviceaccounts: ['v1', 'ServiceAccount'],
  deployments: ['apps/v1', 'Deployment'],
  replicasets: ['apps/v1', 'ReplicaSet'],
  jobs: ['batch/v1', 'Job'],
  roles: ['rbac.authorization.k8s.io/v1', 'Role'],
  leases: ['coordination.k8s.io/v1', 'Lease'],
  customresourcedefinitions: ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  nodes: ['v1', 'Node'],
};
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];
const maximalObjects = 400;

interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** Requests of all verbs, half sensible and half not, against an in-process API server. */
class ApiServerRun implements FuzzRun {
  readonly #versions = new Map<string, bigint>();

  constructor(
    private readonly transport: Transport,
    private readonly stop: () => Promise<void>,
  ) {}

  async feed(random: Choices['random']): Promise<'handled' | 'rejected'> {
    const choices = new Choices(random);
    const request = makeRequest(choices);
    const response = await this.transport.send(request, AbortSignal.timeout(20_000));
    const text = await read(response.body);
    if (response.status >= 500 && response.status !== 504)
      throw new Error(`${request.method} ${request.path} ${request.body} was answered ${response.status}: ${text}`);
    const answer = JSON.parse(text) as {
      kind?: string;
      code?: number;
      reason?: string;
      metadata?: { resourceVersion?: string; uid?: string };
    };
    if (response.status >= 400 && (answer.kind !== 'Status' || answer.code !== response.status))
      throw new Error(`${response.status} without its Status: ${text}`);
    if (request.method !== 'GET' && response.status < 300) this.#checkVersion(answer.metadata ?? {});
    // What the router, the decoder or the path refused never reached the handling of its kind.
    return response.status === 404 && answer.reason === undefined
      ? 'rejected'
      : response.status === 400 || response.status === 415 || response.status === 405
        ? 'rejected'
        : 'handled';
  }

  /** An object's versions only ever go up. */
  #checkVersion({ uid, resourceVersion }: { uid?: string; resourceVersion?: string }): void {
    if (uid === undefined || resourceVersion === undefined) return;
    const version = BigInt(resourceVersion);
    if (version < (this.#versions.get(uid) ?? 0n))
      throw new Error(`the resourceVersion of ${uid} went back to ${resourceVersion}`);
    this.#versions.set(uid, version);
  }

  /** Everything that is stored can be listed and read again, under its own name. */
  async check(): Promise<void> {
    for (const collection of collections) {
      const listed = await this.transport.send({ method: 'GET', path: collection });
      const { items } = JSON.parse(await read(listed.body)) as {
        items: { metadata: { name: string; uid: string; resourceVersion: string } }[];
      };
      const names = new Set(items.map(({ metadata }) => metadata.name));
      if (names.size !== items.length) throw new Error(`${collection} lists a name twice`);
      for (const { metadata } of items.slice(0, 50)) {
        const got = await this.transport.send({
          method: 'GET',
          path: `${collection}/${encodeURIComponent(metadata.name)}`,
        });
        const object = JSON.parse(await read(got.body)) as { metadata: { uid: string } };
        if (got.status !== 200 || object.metadata.uid !== metadata.uid)
          throw new Error(`${collection}/${metadata.name} is listed but cannot be read: ${got.status}`);
      }
      if (items.length > maximalObjects)
        await read((await this.transport.send({ method: 'DELETE', path: collection })).body);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function makeRequest(choices: Choices): Request {
  const collection = choices.of(collections);
  const resource = collection.slice(collection.lastIndexOf('/') + 1);
  const name = choices.chance(0.9) ? `n${choices.below(20)}` : encodeURIComponent(choices.text());
  const object = `${collection}/${name === '' ? 'x' : name}`;
  const query = choices.chance(0.3)
    ? `?${choices.of(['dryRun=All', 'fieldValidation=Strict', 'limit=3', 'labelSelector=a%3Db', 'fieldSelector=metadata.name%3Dn1', 'resourceVersion=0', `continue=${encodeURIComponent(choices.text())}`, 'fieldManager=m', 'pretty=true'])}`
    : '';
  const json = { 'content-type': 'application/json' };
  switch (choices.below(10)) {
    case 0:
      return { method: 'GET', path: collection + query, headers: {} };
    case 1:
      return { method: 'GET', path: object + query, headers: {} };
    case 2:
      return { method: 'DELETE', path: object, headers: {} };
    case 3:
    case 4:
      return { method: 'PUT', path: object + query, headers: json, body: body(choices, resource, name) };
    case 5:
    case 6: {
      const type = choices.of(patchTypes);
      const patch =
        type === patchTypes[0]
          ? [
              {
                op: choices.of(['add', 'replace', 'remove', 'test', 'move', choices.text(4)]),
                path: choices.of(['/metadata/labels/a', '/spec/replicas', '/data/x', `/${choices.text(6)}`]),
                value: choices.json(),
              },
            ]
          : sensible(choices, resource, name);
      const manager =
        type === patchTypes[3] ? `${query === '' ? '?' : `${query}&`}fieldManager=fuzz&force=true` : query;
      return {
        method: 'PATCH',
        path: object + manager,
        headers: { 'content-type': type },
        body: JSON.stringify(patch),
      };
    }
    default:
      return { method: 'POST', path: collection + query, headers: json, body: body(choices, resource, name) };
  }
}

function body(choices: Choices, resource: string, name: string): string {
  const text = JSON.stringify(choices.chance(0.85) ? sensible(choices, resource, name) : choices.json());
  if (choices.chance(0.95)) return text;
  // Cut short, or with a character in the wrong place.
  const at = choices.below(text.length + 1);
  return choices.chance(0.5) ? text.slice(0, at) : text.slice(0, at) + choices.text(3) + text.slice(at);
}

/** An object of the kind with some fields right and some not. */
function sensible(choices: Choices, resource: string, name: string): Record<string, unknown> {
  const [apiVersion, kind] = kinds[resource] ?? ['v1', 'ConfigMap'];
  const labels = { app: 'a', ...(choices.chance(0.2) && { [choices.text(6)]: choices.text(6) }) };
  const container = {
    name: 'c',
    image: 'i',
    ...(choices.chance(0.2) && { [choices.of(['ports', 'env', 'resources', 'args'])]: choices.json() }),
  };
  const template = {
    metadata: { labels },
    spec: {
      containers: [container],
      ...(choices.chance(0.2) && { restartPolicy: choices.of(['Always', 'Never', choices.text(4)]) }),
    },
  };
  const specs: Readonly<Record<string, unknown>> = {
    pods: template.spec,
    services: { ports: [{ port: choices.of([80, 443, 0, 70_000]) }], selector: { app: 'a' } },
    deployments: { replicas: choices.of([0, 1, 3, -1]), selector: { matchLabels: { app: 'a' } }, template },
    replicasets: { replicas: choices.of([0, 1, 3]), selector: { matchLabels: { app: 'a' } }, template },
    jobs: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } },
    leases: { holderIdentity: choices.text() },
  };
  return {
    apiVersion,
    kind,
    metadata: {
      name: decodeURIComponent(name),
      labels,
      ...(choices.chance(0.1) && { annotations: choices.json(1) }),
      ...(choices.chance(0.05) && { finalizers: ['example.com/f'] }),
    },
    ...(specs[resource] !== undefined && { spec: specs[resource] }),
    ...((resource === 'configmaps' || resource === 'secrets') && {
      data: choices.chance(0.7) ? { x: 'eA==' } : choices.json(1),
    }),
    ...(resource === 'roles' && { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
    ...(choices.chance(0.1) && { [choices.text(5)]: choices.json() }),
  };
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export const apiServerTarget: FuzzTarget = {
  name: 'api-server',
  async open() {
    const { transport, stop } = await startTestApiServer();
    return new ApiServerRun(transport, stop);
  },
};
