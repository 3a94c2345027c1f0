/** The defaults of a pod's specification, in a Pod and in every template of one. */
import type { JsonObject } from '@kubewright/api';
import { setOwn } from '@kubewright/api/json';
import { ensureObject, has, objectAt, objectsAt, present, setDefault, textAt } from '../fields/fields.js';
import { defaultVolume } from './volume-defaults.js';

/** Kinds of container lists in a pod's specification. */
export const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

export function defaultPodSpec(spec: JsonObject): void {
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'schedulerName', 'default-scheduler');
  if (!has(spec, 'terminationGracePeriodSeconds')) spec['terminationGracePeriodSeconds'] = 30;
  if (!has(spec, 'securityContext')) spec['securityContext'] = {};
  if (present(spec, 'serviceAccountName')) spec['serviceAccount'] = textAt(spec, 'serviceAccountName');
  else if (present(spec, 'serviceAccount')) spec['serviceAccountName'] = textAt(spec, 'serviceAccount');
  for (const list of containerLists) {
    for (const container of objectsAt(spec, list)) defaultContainer(container, spec['hostNetwork'] === true);
  }
  for (const volume of objectsAt(spec, 'volumes')) defaultVolume(volume);
  defaultPodLevelRequests(spec);
}

/** What a Pod has beyond a template of one. */
export function defaultPod(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  if (!has(spec, 'enableServiceLinks')) spec['enableServiceLinks'] = true;
  for (const list of ['initContainers', 'containers'] as const) {
    for (const container of objectsAt(spec, list)) requestWhatIsLimited(objectAt(container, 'resources'));
  }
  defaultPodSpec(spec);
}

/** The template under `spec.template`, or a deeper one handed in. */
export function defaultPodTemplate(template: JsonObject): void {
  defaultPodSpec(ensureObject(template, 'spec'));
}

function requestWhatIsLimited(resources: JsonObject | undefined): void {
  const limits = objectAt(resources, 'limits');
  if (!resources || !limits) return;
  const requests = ensureObject(resources, 'requests');
  for (const [name, value] of Object.entries(limits)) if (!has(requests, name)) setOwn(requests, name, value);
}

/** Requests of the pod as a whole follow its limits only where no container names the resource. */
function defaultPodLevelRequests(spec: JsonObject): void {
  const resources = objectAt(spec, 'resources');
  const limits = objectAt(resources, 'limits');
  if (!resources || !limits) return;
  const requests = ensureObject(resources, 'requests');
  const asked = new Set(
    objectsAt(spec, 'containers').flatMap((container) =>
      Object.keys(objectAt(container, 'resources', 'requests') ?? {}),
    ),
  );
  for (const [name, value] of Object.entries(limits))
    if (!has(requests, name) && !asked.has(name)) setOwn(requests, name, value);
}

/** `Always` for `latest` and images without a tag, `IfNotPresent` for the rest. */
function pullPolicyOf(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const name = image.slice(image.lastIndexOf('/') + 1);
  const colon = name.indexOf(':');
  return colon < 0 || name.slice(colon + 1) === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultContainer(container: JsonObject, hostNetwork: boolean): void {
  setDefault(container, 'imagePullPolicy', pullPolicyOf(textAt(container, 'image')));
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  for (const port of objectsAt(container, 'ports')) {
    setDefault(port, 'protocol', 'TCP');
    const number = port['containerPort'];
    if (hostNetwork && number !== undefined && (port['hostPort'] === undefined || port['hostPort'] === 0))
      port['hostPort'] = number;
  }
  for (const variable of objectsAt(container, 'env')) {
    const reference = objectAt(variable, 'valueFrom', 'fieldRef');
    if (reference) setDefault(reference, 'apiVersion', 'v1');
    const file = objectAt(variable, 'valueFrom', 'fileKeyRef');
    if (file && !has(file, 'optional')) file['optional'] = false;
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = objectAt(container, name);
    if (probe) defaultProbe(probe);
  }
  const lifecycle = objectAt(container, 'lifecycle');
  for (const hook of ['postStart', 'preStop']) {
    const request = objectAt(lifecycle, hook, 'httpGet');
    if (request) defaultHttpGet(request);
  }
}

function defaultProbe(probe: JsonObject): void {
  for (const [key, value] of [
    ['timeoutSeconds', 1],
    ['periodSeconds', 10],
    ['successThreshold', 1],
    ['failureThreshold', 3],
  ] as const) {
    if (!has(probe, key) || probe[key] === 0) probe[key] = value;
  }
  const request = objectAt(probe, 'httpGet');
  if (request) defaultHttpGet(request);
  const grpc = objectAt(probe, 'grpc');
  if (grpc && !has(grpc, 'service')) grpc['service'] = '';
}

function defaultHttpGet(request: JsonObject): void {
  setDefault(request, 'path', '/');
  setDefault(request, 'scheme', 'HTTP');
}
