import type { JsonObject } from '@kubewright/api';
import { describe, expect, it } from 'vitest';
import { BuiltinStrategies } from './builtin-strategies.js';

const strategies = new BuiltinStrategies();

/** What is stored of a new object: the order in which the store calls a strategy. */
function stored(apiVersion: string, kind: string, body: JsonObject): JsonObject {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const object: JsonObject = { apiVersion, kind, metadata: { name: 'x', uid: 'u' }, ...body };
  const strategy = strategies.of({ group: group ?? '', version: version ?? '', kind });
  strategy.applyDefaults(object);
  strategy.prepareForCreate(object);
  expect(strategy.validate(object)).toEqual([]);
  return object;
}

const container = { name: 'c', image: 'nginx' };
const storedContainer = {
  name: 'c',
  image: 'nginx',
  imagePullPolicy: 'Always',
  resources: {},
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
};
const storedPodSpec = {
  containers: [storedContainer],
  dnsPolicy: 'ClusterFirst',
  restartPolicy: 'Always',
  schedulerName: 'default-scheduler',
  securityContext: {},
  terminationGracePeriodSeconds: 30,
};
const labels = { app: 'a' };
const template = { metadata: { labels }, spec: { containers: [container] } };
const storedTemplate = { metadata: { labels }, spec: storedPodSpec };

describe('what is stored of a minimal object', () => {
  it('Pod', () => {
    expect(stored('v1', 'Pod', { spec: { containers: [container] } })).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x', uid: 'u', generation: 1 },
      spec: { ...storedPodSpec, enableServiceLinks: true },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
  });

  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['host:5000/nginx', 'Always'],
    ['nginx:1.2', 'IfNotPresent'],
    ['nginx@sha256:00', 'IfNotPresent'],
  ])('pull policy of %s is %s', (image, policy) => {
    const pod = stored('v1', 'Pod', { spec: { containers: [{ name: 'c', image }] } });
    expect(pod).toMatchObject({ spec: { containers: [{ imagePullPolicy: policy }] } });
  });

  it('a container’s probes, ports, requests and field references', () => {
    const limits = { cpu: '1', memory: '1Gi' };
    const full = {
      ...container,
      ports: [{ containerPort: 80 }],
      livenessProbe: { httpGet: { port: 80 } },
      resources: { limits },
      env: [{ name: 'E', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    };
    const volumes = [{ name: 'v', configMap: { name: 'm' } }, { name: 'h', hostPath: { path: '/p' } }, { name: 'e' }];
    expect(stored('v1', 'Pod', { spec: { containers: [full], volumes } })).toMatchObject({
      spec: {
        containers: [
          {
            ports: [{ containerPort: 80, protocol: 'TCP' }],
            livenessProbe: {
              httpGet: { path: '/', port: 80, scheme: 'HTTP' },
              timeoutSeconds: 1,
              periodSeconds: 10,
              successThreshold: 1,
              failureThreshold: 3,
            },
            resources: { limits, requests: limits },
            env: [{ name: 'E', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
          },
        ],
        volumes: [
          { name: 'v', configMap: { name: 'm', defaultMode: 420 } },
          { name: 'h', hostPath: { path: '/p', type: '' } },
          { name: 'e', emptyDir: {} },
        ],
      },
      status: { qosClass: 'Guaranteed' },
    });
  });

  it('Deployment', () => {
    expect(stored('apps/v1', 'Deployment', { spec: { selector: { matchLabels: labels }, template } })).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x', uid: 'u', generation: 1 },
      spec: {
        replicas: 1,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        selector: { matchLabels: labels },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        template: storedTemplate,
      },
      status: {},
    });
  });

  it.each<[string, string, JsonObject, JsonObject]>([
    [
      'apps/v1',
      'ReplicaSet',
      { selector: { matchLabels: labels }, template },
      { spec: { replicas: 1, template: storedTemplate }, status: { replicas: 0 } },
    ],
    [
      'apps/v1',
      'StatefulSet',
      { selector: { matchLabels: labels }, template },
      {
        spec: {
          podManagementPolicy: 'OrderedReady',
          updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
          persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
          replicas: 1,
          revisionHistoryLimit: 10,
        },
      },
    ],
    [
      'apps/v1',
      'DaemonSet',
      { selector: { matchLabels: labels }, template },
      {
        spec: {
          updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
          revisionHistoryLimit: 10,
        },
        status: { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 },
      },
    ],
    [
      'batch/v1',
      'Job',
      { template: { spec: { containers: [container], restartPolicy: 'Never' } } },
      {
        spec: {
          completions: 1,
          parallelism: 1,
          backoffLimit: 6,
          completionMode: 'NonIndexed',
          suspend: false,
          podReplacementPolicy: 'TerminatingOrFailed',
          selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } },
          template: {
            metadata: {
              labels: {
                'batch.kubernetes.io/controller-uid': 'u',
                'batch.kubernetes.io/job-name': 'x',
                'controller-uid': 'u',
                'job-name': 'x',
              },
            },
          },
        },
      },
    ],
    [
      'batch/v1',
      'CronJob',
      {
        schedule: '*/5 * * * *',
        jobTemplate: { spec: { template: { spec: { containers: [container], restartPolicy: 'Never' } } } },
      },
      {
        spec: { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 },
      },
    ],
    [
      'v1',
      'Service',
      { ports: [{ port: 80 }] },
      {
        spec: {
          type: 'ClusterIP',
          sessionAffinity: 'None',
          internalTrafficPolicy: 'Cluster',
          ipFamilyPolicy: 'SingleStack',
          ipFamilies: ['IPv4'],
          ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
        },
        status: { loadBalancer: {} },
      },
    ],
    [
      'v1',
      'PersistentVolumeClaim',
      { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      { spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } },
    ],
    [
      'v1',
      'Namespace',
      {},
      {
        metadata: { labels: { 'kubernetes.io/metadata.name': 'x' } },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      },
    ],
    [
      'networking.k8s.io/v1',
      'NetworkPolicy',
      { podSelector: {} },
      { metadata: { generation: 1 }, spec: { policyTypes: ['Ingress'] } },
    ],
    [
      'autoscaling/v2',
      'HorizontalPodAutoscaler',
      { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd' } },
      { spec: { minReplicas: 1 } },
    ],
  ])('%s %s', (apiVersion, kind, spec, expected) => {
    expect(stored(apiVersion, kind, { spec })).toMatchObject(expected);
  });

  it('Secret turns stringData into data', () => {
    expect(stored('v1', 'Secret', { stringData: { key: 'value' } })).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'x', uid: 'u' },
      type: 'Opaque',
      data: { key: 'dmFsdWU=' },
    });
  });

  it('Node keeps the status it registers with', () => {
    expect(stored('v1', 'Node', { status: { capacity: { cpu: '4' } } })).toMatchObject({
      status: { capacity: { cpu: '4' }, allocatable: { cpu: '4' }, daemonEndpoints: { kubeletEndpoint: { Port: 0 } } },
    });
  });

  it('CustomResourceDefinition', () => {
    const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }];
    const spec = { group: 'e.com', scope: 'Namespaced', names: { plural: 'sites', kind: 'Site' }, versions };
    expect(
      stored('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { metadata: { name: 'sites.e.com' }, spec }),
    ).toMatchObject({
      metadata: { generation: 1 },
      spec: { names: { singular: 'site', listKind: 'SiteList' }, conversion: { strategy: 'None' } },
      status: { storedVersions: ['v1'] },
    });
  });

  it('a status that a client brings is dropped', () => {
    const pod = stored('v1', 'Pod', { spec: { containers: [container] }, status: { phase: 'Running' } });
    expect(pod['status']).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
  });

  it('nulls mean absence', () => {
    const spec = { selector: { matchLabels: labels }, template, replicas: null };
    expect(stored('apps/v1', 'Deployment', { spec })).toMatchObject({ spec: { replicas: 1 } });
  });
});
