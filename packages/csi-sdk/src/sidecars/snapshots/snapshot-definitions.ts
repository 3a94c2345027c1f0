import { isAlreadyExists } from '@kubewright/api';
import type { Kind } from '@kubewright/api';
import { CustomResourceDefinition } from '@kubewright/api/apiextensions/v1';
import type { JSONSchemaProps } from '@kubewright/api/apiextensions/v1';
import { Cluster } from '@kubewright/controller';
import { Plugin, inject } from '@kubewright/core';
import type { Lifecycle, StartContext } from '@kubewright/core';
import { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from './kinds.js';

const text: JSONSchemaProps = { type: 'string' };
const flag: JSONSchemaProps = { type: 'boolean' };
const whole: JSONSchemaProps = { type: 'integer', format: 'int64' };
const quantity: JSONSchemaProps = { 'x-kubernetes-int-or-string': true };
const policy: JSONSchemaProps = { type: 'string', enum: ['Delete', 'Retain'] };
const fields = (properties: Record<string, JSONSchemaProps>, ...required: string[]): JSONSchemaProps => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
});
const error = fields({ message: text, time: { type: 'string', format: 'date-time' } });
const reference = ['apiVersion', 'fieldPath', 'kind', 'name', 'namespace', 'resourceVersion', 'uid'];

const schemas: readonly (readonly [Kind, JSONSchemaProps])[] = [
  [
    VolumeSnapshot,
    fields(
      {
        spec: fields(
          {
            source: fields({ persistentVolumeClaimName: text, volumeSnapshotContentName: text }),
            volumeSnapshotClassName: text,
          },
          'source',
        ),
        status: fields({
          boundVolumeSnapshotContentName: text,
          creationTime: { type: 'string', format: 'date-time' },
          readyToUse: flag,
          restoreSize: quantity,
          observedGeneration: whole,
          error,
        }),
      },
      'spec',
    ),
  ],
  [
    VolumeSnapshotContent,
    fields(
      {
        spec: fields(
          {
            deletionPolicy: policy,
            driver: text,
            source: fields({ volumeHandle: text, snapshotHandle: text }),
            sourceVolumeMode: text,
            volumeSnapshotClassName: text,
            volumeSnapshotRef: fields(Object.fromEntries(reference.map((name) => [name, text]))),
          },
          'deletionPolicy',
          'driver',
          'source',
          'volumeSnapshotRef',
        ),
        status: fields({
          snapshotHandle: text,
          creationTime: whole,
          readyToUse: flag,
          restoreSize: whole,
          observedGeneration: whole,
          error,
        }),
      },
      'spec',
    ),
  ],
  [
    VolumeSnapshotClass,
    fields(
      { driver: text, deletionPolicy: policy, parameters: { type: 'object', additionalProperties: text } },
      'driver',
      'deletionPolicy',
    ),
  ],
];

/** Gives a cluster the kinds of volume snapshots where it has none; those that it has stay as they are. */
@Plugin({ name: 'volume-snapshot-definitions', phase: 'informers' })
export class SnapshotDefinitions implements Lifecycle {
  constructor(@inject(Cluster) private readonly cluster: Cluster) {}

  /** Resolves when they are stored; the controllers wait until they are served. */
  async start({ signal }: StartContext): Promise<void> {
    const client = this.cluster.client({ name: 'volume-snapshot-definitions' });
    for (const [kind, schema] of schemas) {
      try {
        await client.create(CustomResourceDefinition, definition(kind, schema), { signal });
      } catch (failed) {
        if (!isAlreadyExists(failed)) throw failed;
      }
    }
  }
}

function definition(kind: Kind, openAPIV3Schema: JSONSchemaProps): CustomResourceDefinition {
  const { group, version, plural, singular, scope, shortNames } = kind;
  const hasStatus = openAPIV3Schema.properties?.['status'] !== undefined;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      // Servers refuse kinds of Kubernetes' own groups that name no approval.
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-csi/external-snapshotter/pull/814' },
    },
    spec: {
      group,
      scope,
      names: { kind: kind.kind, listKind: `${kind.kind}List`, plural, singular, shortNames: [...shortNames] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema },
          ...(hasStatus && { subresources: { status: {} } }),
        },
      ],
    },
  };
}
