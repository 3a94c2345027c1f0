import type { JsonObject } from '@kubewright/api';
import { builtinResources } from '@kubewright/api/schemas';
import { describe, expect, it } from 'vitest';
import { BuiltinStrategies } from './builtin-strategies.js';

const strategies = new BuiltinStrategies();

function strategyOf(apiVersion: string, kind: string) {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return strategies.of({ group: group ?? '', version: version ?? '', kind });
}

function causes(apiVersion: string, kind: string, body: JsonObject): string[] {
  const strategy = strategyOf(apiVersion, kind);
  const object: JsonObject = { apiVersion, kind, metadata: { name: 'x' }, ...structuredClone(body) };
  strategy.applyDefaults(object);
  return strategy.validate(object).map(({ field, message }) => `${field}: ${message}`);
}

function updateCauses(apiVersion: string, kind: string, old: JsonObject, next: JsonObject): string[] {
  const strategy = strategyOf(apiVersion, kind);
  const [before, after] = [structuredClone(old), structuredClone(next)];
  for (const object of [before, after]) strategy.applyDefaults(object);
  strategy.prepareForUpdate(after, before);
  return strategy.validateUpdate(after, before).map(({ field, message }) => `${field}: ${message}`);
}

const container = { name: 'c', image: 'nginx' };
const pod = (spec: JsonObject): JsonObject => ({ spec: { containers: [container], ...spec } });
const oneContainer = (more: JsonObject): JsonObject => ({ spec: { containers: [{ ...container, ...more }] } });
const labels = { app: 'a' };
const workload = (more: JsonObject = {}): JsonObject => ({
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container] } },
    ...more,
  },
});

describe('what is wrong with a new object', () => {
  it.each<[string, string, JsonObject, string[]]>([
    ['v1', 'Pod', { spec: {} }, ['spec.containers: Required value']],
    ['v1', 'Pod', oneContainer({ name: '' }), ['spec.containers[0].name: Required value']],
    ['v1', 'Pod', oneContainer({ image: '' }), ['spec.containers[0].image: Required value']],
    ['v1', 'Pod', pod({ containers: [container, container] }), ['spec.containers[1].name: Duplicate value: "c"']],
    [
      'v1',
      'Pod',
      pod({ restartPolicy: 'x' }),
      ['spec.restartPolicy: Unsupported value: "x": supported values: "Always", "OnFailure", "Never"'],
    ],
    [
      'v1',
      'Pod',
      oneContainer({ ports: [{ containerPort: 70_000 }] }),
      ['spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    ],
    [
      'v1',
      'Pod',
      oneContainer({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    ],
    [
      'v1',
      'Pod',
      oneContainer({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    [
      'v1',
      'Pod',
      oneContainer({ resources: { requests: { memory: '-1' } } }),
      ['spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0'],
    ],
    ['v1', 'Pod', pod({ volumes: [{ name: 'v', secret: {} }] }), ['spec.volumes[0].secret.secretName: Required value']],
    [
      'apps/v1',
      'Deployment',
      { spec: { template: { spec: { containers: [container] } } } },
      ['spec.selector: Required value'],
    ],
    [
      'apps/v1',
      'Deployment',
      workload({ selector: { matchLabels: { app: 'b' } } }),
      ['spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'],
    ],
    [
      'apps/v1',
      'Deployment',
      workload({ replicas: -1 }),
      ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'apps/v1',
      'Deployment',
      workload({ strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } }),
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
    ],
    [
      'apps/v1',
      'ReplicaSet',
      { spec: { selector: { matchLabels: labels } } },
      [
        'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
        'spec.template.spec.containers: Required value',
      ],
    ],
    ['v1', 'Service', { spec: {} }, ['spec.ports: Required value']],
    [
      'v1',
      'Service',
      { spec: { type: 'x', ports: [{ port: 1 }] } },
      ['spec.type: Unsupported value: "x": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'],
    ],
    [
      'v1',
      'Service',
      { spec: { ports: [{ port: 80 }, { name: 'b', port: 81 }] } },
      ['spec.ports[0].name: Required value'],
    ],
    [
      'v1',
      'ConfigMap',
      { data: { 'a/b': '' } },
      [
        `data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      ],
    ],
    ['v1', 'Secret', { type: 'kubernetes.io/tls' }, ['data[tls.crt]: Required value', 'data[tls.key]: Required value']],
    [
      'batch/v1',
      'CronJob',
      {
        spec: {
          schedule: '* *',
          jobTemplate: { spec: { template: { spec: { containers: [container], restartPolicy: 'Never' } } } },
        },
      },
      ['spec.schedule: Invalid value: "* *": expected exactly 5 fields, found 2: [* *]'],
    ],
    [
      'rbac.authorization.k8s.io/v1',
      'Role',
      { rules: [{ apiGroups: [''], resources: ['pods'] }] },
      ['rules[0].verbs: Required value: verbs must contain at least one value'],
    ],
    [
      'rbac.authorization.k8s.io/v1',
      'RoleBinding',
      { roleRef: { kind: 'X', name: 'r' } },
      ['roleRef.kind: Unsupported value: "X": supported values: "Role", "ClusterRole"'],
    ],
    [
      'scheduling.k8s.io/v1',
      'PriorityClass',
      { value: 2_000_000_000 },
      ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
    ],
    [
      'coordination.k8s.io/v1',
      'Lease',
      { spec: { leaseDurationSeconds: 0 } },
      ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
    ],
    [
      'networking.k8s.io/v1',
      'Ingress',
      {
        spec: {
          rules: [
            {
              http: {
                paths: [{ path: 'a', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }],
              },
            },
          ],
        },
      },
      ['spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path'],
    ],
  ])('%s %s %j', (apiVersion, kind, body, expected) => {
    expect(causes(apiVersion, kind, body)).toEqual(expected);
  });

  it('more than 1 MiB in a ConfigMap', () => {
    const body = { data: { a: 'x'.repeat(1024 * 1024 + 1) } };
    expect(causes('v1', 'ConfigMap', body)).toEqual([': Too long: may not be more than 1048576 bytes']);
  });

  it('Job needs a restart policy that lets it end', () => {
    const body = {
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    };
    expect(causes('batch/v1', 'Job', body)).toEqual([
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ]);
  });

  it('never throws, whatever the shape', () => {
    const odd = [null, 1, 'x', true, [], [null, 1, {}], {}, { spec: 1 }];
    for (const resource of builtinResources()) {
      const strategy = strategies.of(resource);
      for (const value of odd) {
        for (const nested of [
          value,
          {
            template: value,
            containers: value,
            rules: value,
            ports: value,
            versions: value,
            selector: value,
            jobTemplate: value,
            resources: value,
            limits: value,
            taints: value,
            metrics: value,
          },
        ]) {
          const object: JsonObject = structuredClone({
            metadata: value,
            spec: nested,
            data: value,
            webhooks: value,
            rules: value,
            subsets: value,
            status: value,
            roleRef: value,
          } as JsonObject);
          strategy.applyDefaults(object);
          strategy.validate(object);
          strategy.prepareForCreate(object);
          strategy.prepareForUpdate(structuredClone(object), object);
          strategy.selectableFields(object);
          expect(Array.isArray(strategy.validateUpdate(structuredClone(object), object))).toBe(true);
        }
      }
    }
  });
});

describe('what is wrong with a change', () => {
  it('a deployment’s selector', () => {
    const next = workload({ selector: { matchLabels: { app: 'b' } } });
    expect(updateCauses('apps/v1', 'Deployment', workload(), next)).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable',
    ]);
  });

  it('a pod’s command', () => {
    const [error = ''] = updateCauses('v1', 'Pod', oneContainer({}), oneContainer({ command: ['a'] }));
    expect(error).toMatch(
      /^spec: Forbidden: pod updates may not change fields other than `spec.containers\[\*\].image`,/,
    );
  });

  it('but not a pod’s image, or tolerations that are added', () => {
    const next = oneContainer({ image: 'other' });
    expect(updateCauses('v1', 'Pod', oneContainer({}), next)).toEqual([]);
    const tolerating = pod({ tolerations: [{ key: 'a', operator: 'Exists' }] });
    expect(updateCauses('v1', 'Pod', pod({}), tolerating)).toEqual([]);
    expect(updateCauses('v1', 'Pod', tolerating, pod({}))).toEqual([
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ]);
  });

  it.each<[string, string, JsonObject, JsonObject, string]>([
    [
      'v1',
      'ConfigMap',
      { immutable: true, data: { a: '1' } },
      { immutable: true, data: { a: '2' } },
      'data: Forbidden: field is immutable when `immutable` is set',
    ],
    ['v1', 'Secret', { type: 'a' }, { type: 'b' }, 'type: Invalid value: "b": field is immutable'],
    [
      'v1',
      'Service',
      { spec: { clusterIP: '10.0.0.1', ports: [{ port: 1 }] } },
      { spec: { clusterIP: '10.0.0.2', ports: [{ port: 1 }] } },
      'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set',
    ],
    [
      'v1',
      'PersistentVolumeClaim',
      { spec: { accessModes: ['ReadWriteOnce'], volumeName: 'a' } },
      { spec: { accessModes: ['ReadWriteMany'], volumeName: 'a' } },
      'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    ],
    [
      'rbac.authorization.k8s.io/v1',
      'RoleBinding',
      { roleRef: { kind: 'Role', name: 'a' } },
      { roleRef: { kind: 'Role', name: 'b' } },
      'roleRef: Invalid value: {"kind":"Role","name":"b","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef',
    ],
  ])('%s %s', (apiVersion, kind, old, next, expected) => {
    expect(updateCauses(apiVersion, kind, old, next)).toEqual([expected]);
  });

  it('raises the generation with the intent only, and leaves the status alone', () => {
    const strategy = strategyOf('apps/v1', 'Deployment');
    const old: JsonObject = { metadata: { generation: 3 }, ...workload(), status: { replicas: 1 } };
    strategy.applyDefaults(old);
    const same = structuredClone(old);
    same['metadata'] = { labels: { a: 'b' } };
    same['status'] = { replicas: 9 };
    strategy.prepareForUpdate(same, old);
    expect(same).toMatchObject({ metadata: { generation: 3 }, status: { replicas: 1 } });
    const scaled = structuredClone(old);
    scaled['spec'] = { ...(scaled['spec'] as JsonObject), replicas: 5 };
    strategy.prepareForUpdate(scaled, old);
    expect(scaled).toMatchObject({ metadata: { generation: 4 } });
  });

  it('the status subresource changes nothing else', () => {
    const old: JsonObject = { metadata: { name: 'x', labels, generation: 2 }, ...workload(), status: { replicas: 1 } };
    const next: JsonObject = { metadata: { name: 'x', labels: {} }, spec: { replicas: 7 }, status: { replicas: 2 } };
    strategies.statusOf({ group: 'apps', version: 'v1', kind: 'Deployment' }).prepareForUpdate(next, old);
    expect(next).toEqual({ ...old, status: { replicas: 2 } });
  });
});

it('warns of what is probably a mistake', () => {
  const env = [
    { name: 'A', value: '1' },
    { name: 'A', value: '2' },
  ];
  const warnings = [
    'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
  ];
  expect(strategyOf('v1', 'Pod').warnings(oneContainer({ env }), undefined)).toEqual(warnings);
});

describe('the time a deleted pod gets', () => {
  const strategy = strategyOf('v1', 'Pod');
  it.each<[JsonObject, number | undefined, number]>([
    [{ spec: { nodeName: 'n', terminationGracePeriodSeconds: 5 } }, undefined, 5],
    [{ spec: { nodeName: 'n', terminationGracePeriodSeconds: 5 } }, 0, 0],
    [{ spec: { nodeName: 'n' } }, undefined, 30],
    [{ spec: {} }, 30, 0],
    [{ spec: { nodeName: 'n' }, status: { phase: 'Succeeded' } }, undefined, 0],
  ])('%j asked for %s: %d', (object, asked, expected) => {
    expect(strategy.gracePeriod(object, asked === undefined ? {} : { gracePeriodSeconds: asked })).toBe(expected);
  });
});
