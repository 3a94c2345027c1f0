/** The defaults of volumes: file modes, types, and the file systems of network disks. */
import type { JsonObject } from '@kubewright/api';
import { ensureObject, has, isObject, objectAt, objectsAt, setDefault } from '../fields/fields.js';

/** 0644, as JSON has no octal numbers. */
const defaultMode = 420;
/** The lifetime of a projected service account token, in seconds. */
const tokenLifetime = 3600;

export function defaultVolume(volume: JsonObject): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume['emptyDir'] = {};
  for (const source of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    const files = objectAt(volume, source);
    if (files && !has(files, 'defaultMode')) files['defaultMode'] = defaultMode;
  }
  for (const source of objectsAt(objectAt(volume, 'projected'), 'sources')) {
    const token = objectAt(source, 'serviceAccountToken');
    if (token && !has(token, 'expirationSeconds')) token['expirationSeconds'] = tokenLifetime;
    defaultFieldReferences(objectAt(source, 'downwardAPI'));
  }
  defaultFieldReferences(objectAt(volume, 'downwardAPI'));
  const image = objectAt(volume, 'image');
  if (image) setDefault(image, 'pullPolicy', latest(image) ? 'Always' : 'IfNotPresent');
  const claim = objectAt(volume, 'ephemeral', 'volumeClaimTemplate');
  if (claim) defaultClaimSpec(ensureObject(claim, 'spec'));
  defaultDisk(volume);
}

function latest(image: JsonObject): boolean {
  const reference = typeof image['reference'] === 'string' ? image['reference'] : '';
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  return !reference.includes('@') && (!name.includes(':') || name.endsWith(':latest'));
}

function defaultFieldReferences(downward: JsonObject | undefined): void {
  for (const item of objectsAt(downward, 'items')) {
    if (isObject(item['fieldRef'])) setDefault(item['fieldRef'], 'apiVersion', 'v1');
  }
}

/** What a volume in a pod and a PersistentVolume's source have in common. */
export function defaultDisk(source: JsonObject): void {
  const host = objectAt(source, 'hostPath');
  if (host && !has(host, 'type')) host['type'] = '';
  const iscsi = objectAt(source, 'iscsi');
  if (iscsi) setDefault(iscsi, 'iscsiInterface', 'default');
  const azure = objectAt(source, 'azureDisk');
  if (azure) {
    setDefault(azure, 'cachingMode', 'ReadWrite');
    setDefault(azure, 'kind', 'Shared');
    setDefault(azure, 'fsType', 'ext4');
    if (!has(azure, 'readOnly')) azure['readOnly'] = false;
  }
  const rbd = objectAt(source, 'rbd');
  if (rbd) {
    setDefault(rbd, 'pool', 'rbd');
    setDefault(rbd, 'user', 'admin');
    setDefault(rbd, 'keyring', '/etc/ceph/keyring');
  }
  const scale = objectAt(source, 'scaleIO');
  if (scale) {
    setDefault(scale, 'storageMode', 'ThinProvisioned');
    setDefault(scale, 'fsType', 'xfs');
  }
}

export function defaultClaimSpec(spec: JsonObject): void {
  setDefault(spec, 'volumeMode', 'Filesystem');
}
