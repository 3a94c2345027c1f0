import { CniError, cniErrorCode } from '@kubewright/cni-sdk';
import { linuxErrors, NetworkNamespace, Rtnetlink } from '@kubewright/linux';

/** Opens a pod's namespace and its tables, and closes both whatever comes. @throws CniError 8 where there is none. */
export async function withPod<T>(
  path: string,
  work: (pod: Rtnetlink, namespace: NetworkNamespace) => Promise<T>,
): Promise<T> {
  using namespace = openNamespace(path);
  await using pod = Rtnetlink.open({ namespace });
  return await work(pod, namespace);
}

/** As `withPod`, but a namespace that is gone, or not told, is none. */
export async function withPodIfPresent(
  path: string,
  work: (pod: Rtnetlink, namespace: NetworkNamespace) => Promise<void>,
): Promise<void> {
  if (path === '') return;
  try {
    await withPod(path, work);
  } catch (error) {
    if (!CniError.is(error) || error.cniCode !== cniErrorCode.invalidNamespace) throw error;
  }
}

function openNamespace(path: string): NetworkNamespace {
  try {
    return NetworkNamespace.open(path);
  } catch (error) {
    if (!linuxErrors.NO_NAMESPACE.is(error)) throw error;
    throw new CniError(cniErrorCode.invalidNamespace, error.message, '', { cause: error });
  }
}
