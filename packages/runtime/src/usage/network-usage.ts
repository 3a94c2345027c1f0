import { Rtnetlink, withNamespace } from '@kubewright/linux';
import type { Link } from '@kubewright/linux';

/** The interfaces of a pod with what went through them; the loopback is left out. @param netns - where it is mounted. */
export async function readInterfaces(netns: string): Promise<Link[]> {
  const links = await withNamespace(netns, async (namespace) => {
    await using tables = Rtnetlink.open({ namespace });
    return tables.links();
  });
  return links.filter(({ loopback }) => !loopback);
}
