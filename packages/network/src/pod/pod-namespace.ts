import { CniError, cniErrorCode } from '@kubewright/cni-sdk';
import { linuxErrors, NetworkNamespace, Rtnetlink } from '@kubewright/linux';

/** A pod's namespace, open. Its tables are opened when they are asked for. */
export class PodNamespace implements Disposable {
  readonly namespace: NetworkNamespace;
  #tables: Rtnetlink | undefined;

  /** @throws CniError 8 where there is none. */
  constructor(path: string) {
    this.namespace = openNamespace(path);
  }

  get tables(): Rtnetlink {
    return (this.#tables ??= Rtnetlink.open({ namespace: this.namespace }));
  }

  /** Does not wait for a request that nobody waits for. */
  [Symbol.dispose](): void {
    void this.#tables?.close();
    this.namespace.close();
  }
}

/** Opens a pod's namespace and its tables, and closes both whatever comes. @throws CniError 8 where there is none. */
export async function withPod<T>(
  path: string,
  work: (pod: Rtnetlink, namespace: NetworkNamespace) => Promise<T>,
): Promise<T> {
  using pod = new PodNamespace(path);
  return await work(pod.tables, pod.namespace);
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
