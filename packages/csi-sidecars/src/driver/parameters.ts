/** Parameters of classes: those for the driver, and those that name secrets, which stay with the sidecars. */
import { isUtf8 } from 'node:buffer';
import { formatObjectKey } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { Secret } from '@kubewright/api/core/v1';
import type { PersistentVolumeClaim, SecretReference } from '@kubewright/api/core/v1';
import type { Client } from '@kubewright/informer';
import { csiSidecarErrors } from '../errors.js';

type Parameters = Readonly<Record<string, string>> | undefined;

const prefix = 'csi.storage.k8s.io/';

/** What `${…}` in a secret's name stands for. */
export type SecretVariables = Readonly<Record<string, string>>;

export function fileSystemOf(parameters: Parameters): string {
  return parameters?.[`${prefix}fstype`] ?? '';
}

/** The parameters without those that Kubernetes keeps for itself. */
export function driverParameters(parameters: Parameters): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters ?? {}).filter(([key]) => !key.startsWith(prefix)));
}

/** The variables for a claim whose volume has a name. */
export function variablesOf({ metadata }: DeepReadonly<PersistentVolumeClaim>, volumeName: string): SecretVariables {
  const annotations = Object.entries(metadata.annotations ?? {});
  return {
    'pv.name': volumeName,
    'pvc.name': metadata.name ?? '',
    'pvc.namespace': metadata.namespace ?? '',
    ...Object.fromEntries(annotations.map(([key, value]) => [`pvc.annotations['${key}']`, value])),
  };
}

/**
 * The secret for a step, as `provisioner` or `node-stage`, with the variables in its name and namespace filled in; undefined
 * where the class names none. A variable that is not known stays as it is, and no Secret has such a name.
 */
export function secretReference(
  parameters: Parameters,
  step: string,
  variables: SecretVariables,
): SecretReference | undefined {
  const fill = (text: string): string =>
    text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => variables[name] ?? whole);
  const name = parameters?.[`${prefix}${step}-secret-name`];
  const namespace = parameters?.[`${prefix}${step}-secret-namespace`];
  return name === undefined || namespace === undefined ? undefined : { name: fill(name), namespace: fill(namespace) };
}

/** The content of a secret; empty where there is none to read. @throws SECRET_NOT_TEXT */
export async function readSecret(
  client: Client,
  reference: DeepReadonly<SecretReference> | undefined,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const { name, namespace } = reference ?? {};
  if (name === undefined) return {};
  const { data = {} } = await client.get(Secret, { name, namespace }, { signal });
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => {
      const bytes = Buffer.from(value, 'base64');
      // A driver gets text; bytes that are none would reach it as others.
      if (!isUtf8(bytes)) throw csiSidecarErrors.SECRET_NOT_TEXT({ secret: formatObjectKey({ namespace, name }), key });
      return [key, bytes.toString('utf8')];
    }),
  );
}
