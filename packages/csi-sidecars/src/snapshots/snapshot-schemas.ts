/** The structural schemas of the snapshot kinds. */
import type { Kind } from '@kubewright/api';
import type { JSONSchemaProps } from '@kubewright/api/apiextensions/v1';
import { VolumeGroupSnapshot, VolumeGroupSnapshotClass, VolumeGroupSnapshotContent } from './group-kinds.js';
import { VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from './kinds.js';

const text: JSONSchemaProps = { type: 'string' };
const flag: JSONSchemaProps = { type: 'boolean' };
const whole: JSONSchemaProps = { type: 'integer', format: 'int64' };
const moment: JSONSchemaProps = { type: 'string', format: 'date-time' };
const quantity: JSONSchemaProps = { 'x-kubernetes-int-or-string': true };
const policy: JSONSchemaProps = { type: 'string', enum: ['Delete', 'Retain'] };
const texts: JSONSchemaProps = { type: 'array', items: text };
const map: JSONSchemaProps = { type: 'object', additionalProperties: text };
const fields = (properties: Record<string, JSONSchemaProps>, ...required: string[]): JSONSchemaProps => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
});
const list = (items: JSONSchemaProps): JSONSchemaProps => ({ type: 'array', items });
const error = fields({ message: text, time: moment });
const referenceFields = ['apiVersion', 'fieldPath', 'kind', 'name', 'namespace', 'resourceVersion', 'uid'];
const reference = fields(Object.fromEntries(referenceFields.map((name) => [name, text])));
const selector = fields({
  matchLabels: map,
  matchExpressions: list(fields({ key: text, operator: text, values: texts }, 'key', 'operator')),
});
const classSchema = fields({ driver: text, deletionPolicy: policy, parameters: map }, 'driver', 'deletionPolicy');

type Schemas = readonly (readonly [Kind, JSONSchemaProps])[];

export const snapshotSchemas: Schemas = [
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
          creationTime: moment,
          readyToUse: flag,
          restoreSize: quantity,
          volumeGroupSnapshotName: text,
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
            volumeSnapshotRef: reference,
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
          volumeGroupSnapshotHandle: text,
          observedGeneration: whole,
          error,
        }),
      },
      'spec',
    ),
  ],
  [VolumeSnapshotClass, classSchema],
];

export const groupSnapshotSchemas: Schemas = [
  [
    VolumeGroupSnapshot,
    fields(
      {
        spec: fields(
          {
            source: fields({ selector, volumeGroupSnapshotContentName: text }),
            volumeGroupSnapshotClassName: text,
          },
          'source',
        ),
        status: fields({
          boundVolumeGroupSnapshotContentName: text,
          creationTime: moment,
          readyToUse: flag,
          observedGeneration: whole,
          error,
        }),
      },
      'spec',
    ),
  ],
  [
    VolumeGroupSnapshotContent,
    fields(
      {
        spec: fields(
          {
            deletionPolicy: policy,
            driver: text,
            source: fields({
              volumeHandles: texts,
              groupSnapshotHandles: fields(
                { volumeGroupSnapshotHandle: text, volumeSnapshotHandles: texts },
                'volumeGroupSnapshotHandle',
                'volumeSnapshotHandles',
              ),
            }),
            volumeGroupSnapshotClassName: text,
            volumeGroupSnapshotRef: reference,
          },
          'deletionPolicy',
          'driver',
          'source',
          'volumeGroupSnapshotRef',
        ),
        status: fields({
          volumeGroupSnapshotHandle: text,
          creationTime: moment,
          readyToUse: flag,
          volumeSnapshotInfoList: list(
            fields({
              volumeHandle: text,
              snapshotHandle: text,
              creationTime: whole,
              readyToUse: flag,
              restoreSize: whole,
            }),
          ),
          observedGeneration: whole,
          error,
        }),
      },
      'spec',
    ),
  ],
  [VolumeGroupSnapshotClass, classSchema],
];
