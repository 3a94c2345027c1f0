import { LinuxMounter } from '@kubewright/csi-sdk';

/** What a failed test left mounted would otherwise be deleted with the directory. */
export async function unmountBelow(directory: string): Promise<void> {
  const mounter = new LinuxMounter();
  const left = (await mounter.mounts()).filter(({ mountPoint }) => mountPoint.startsWith(`${directory}/`));
  for (const { mountPoint } of left.toReversed()) await mounter.unmount(mountPoint, { detach: true });
}
