/** The names by which the control plane and kubelets mean the same attached volume. */
import { createHash } from 'node:crypto';

/** A volume as its driver knows it. */
export interface DriverVolume {
  readonly driver: string;
  readonly volumeHandle: string;
}

const prefix = 'kubernetes.io/csi/';
const separator = '^';
const canonical = /^csi-[0-9a-f]{64}$/;

/** What Node.status.volumesAttached and volumesInUse call a volume. */
export function uniqueVolumeName({ driver, volumeHandle }: DriverVolume): string {
  return `${prefix}${driver}${separator}${volumeHandle}`;
}

/** The volume behind a unique name; undefined for one that is no CSI volume's. */
export function driverVolumeOf(uniqueName: string): DriverVolume | undefined {
  const end = uniqueName.indexOf(separator);
  if (!uniqueName.startsWith(prefix) || end === -1) return undefined;
  return { driver: uniqueName.slice(prefix.length, end), volumeHandle: uniqueName.slice(end + 1) };
}

/** The VolumeAttachment of a volume on a node. Kubelets look for it under this name. */
export function attachmentName({ driver, volumeHandle }: DriverVolume, nodeName: string): string {
  return `csi-${createHash('sha256').update(`${volumeHandle}${driver}${nodeName}`).digest('hex')}`;
}

/** Whether a name is of the form of `attachmentName`: others belong to somebody else. */
export function isAttachmentName(name: string): boolean {
  return canonical.test(name);
}
