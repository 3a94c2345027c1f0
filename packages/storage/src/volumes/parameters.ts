import { invalidArgument } from '@kubewright/grpc';
import type { AccessType } from '@kubewright/csi-sdk';

type Parameters = Readonly<Record<string, string>>;

/** Keys that Kubernetes adds for its own use; they say nothing about the volume. */
const reserved = 'csi.storage.k8s.io/';

/** The rights of a volume's top directory, in octal digits. */
export const directoryMode = 'directoryMode';

/**
 * Checks all before anything is changed. @throws GrpcStatusError INVALID_ARGUMENT for a key or value that is not known
 */
export function checkMutable(parameters: Parameters, access: AccessType): void {
  for (const [key, value] of Object.entries(parameters)) {
    const field = `mutable_parameters['${key}']`;
    if (key !== directoryMode) throw invalidArgument({ field, reason: 'is not known' });
    if (access === 'block') throw invalidArgument({ field, reason: 'applies to volumes with files only' });
    if (!/^0?[0-7]{3}$/.test(value)) throw invalidArgument({ field, reason: 'is not of the form 0770' });
  }
}

/** The mode to set, or undefined where none is asked for. */
export function modeOf(parameters: Parameters): number | undefined {
  const text = parameters[directoryMode];
  return text === undefined ? undefined : Number.parseInt(text, 8);
}

/** A volume has no parameters that are fixed when it is made, so a key that is not Kubernetes' own is a mistake. */
export function checkParameters(parameters: Parameters): void {
  for (const key of Object.keys(parameters)) {
    if (!key.startsWith(reserved)) throw invalidArgument({ field: `parameters['${key}']`, reason: 'is not known' });
  }
}
