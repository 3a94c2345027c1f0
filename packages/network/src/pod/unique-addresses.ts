import { CniError, cniErrorCode } from '@kubewright/cni-sdk';
import type { Clock } from '@kubewright/core';
import type { Rtnetlink } from '@kubewright/linux';

/** Milliseconds between looks, and all together, as the reference plugin waits: the kernel takes one to two seconds. */
const pause = 50;
const patience = 5000;

/**
 * Waits until IPv6 has found that nobody else has the addresses of an interface: before that it answers for none.
 *
 * @throws CniError where somebody has one, or where it is still not known after 5 s.
 */
export async function untilUnique(pod: Rtnetlink, link: number, clock: Clock): Promise<void> {
  for (let waited = 0; waited <= patience; waited += pause) {
    const addresses = (await pod.addresses({ link, family: 6 })).filter(({ scope }) => scope === 'global');
    const taken = addresses.find(({ duplicate }) => duplicate);
    if (taken !== undefined) {
      throw new CniError(
        cniErrorCode.internal,
        `another host has the address ${taken.address}`,
        'give one of them another',
      );
    }
    if (!addresses.some(({ tentative }) => tentative)) return;
    await clock.sleep(pause);
  }
  throw CniError.tryAgainLater(`whether another host has the pod's addresses is not known after ${patience / 1000} s`);
}
