import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CniError, cniErrorCode, CniPlugin, NetworkConfig, requireIpamType } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CheckRequest, CniRequest, CniResult, GcRequest } from '@kubewright/cni-sdk';
import {
  addAddress,
  addRoute,
  deleteLink,
  isRefusal,
  linuxErrors,
  newLink,
  networkOf,
  Rtnetlink,
} from '@kubewright/linux';
import { NetworkNamespace } from '@kubewright/linux';

type Attachment = AttachmentRequest<NetworkConfig>;

/** What the plugin gets wrong on purpose; `defects` says which check notices. */
export type PluginDefect =
  | 'del-not-idempotent'
  | 'del-needs-namespace'
  | 'del-needs-result'
  | 'del-leaves-link'
  | 'del-removes-all'
  | 'del-removes-others'
  | 'del-keeps-lease'
  | 'del-ignores-ipam-failure'
  | 'add-replaces-interface'
  | 'add-once-per-container'
  | 'no-sandbox'
  | 'no-address'
  | 'no-route'
  | 'link-down'
  | 'wrong-mac'
  | 'no-interface-index'
  | 'drops-prev-result'
  | 'same-address'
  | 'invented-address'
  | 'ipam-failure-ignored'
  | 'ipam-leak'
  | 'ipam-kept-without-namespace'
  | 'ipam-called-twice'
  | 'check-nothing'
  | 'check-no-addresses'
  | 'check-no-routes'
  | 'check-refuses-additions'
  | 'check-no-ipam'
  | 'gc-nothing'
  | 'gc-needs-work'
  | 'gc-everything'
  | 'gc-by-container'
  | 'gc-all-networks'
  | 'gc-no-ipam'
  | 'status-internal-error'
  | 'status-no-ipam'
  | 'unknown-arguments'
  | 'long-container-id';

const mtu = 1400;

/**
 * A plugin that does all that the checks ask for and little else: a bridge in the container, with the addresses of its
 * address manager. It keeps, in `directory`, which attachments it made, since it has nothing on the host to know them by.
 */
export class ReferencePlugin extends CniPlugin {
  override readonly type = 'sanity-reference';
  override readonly config = NetworkConfig;

  constructor(
    private readonly directory: string,
    private readonly defect?: PluginDefect,
  ) {
    super();
  }

  override async add(request: Attachment): Promise<CniResult> {
    const { netns, ifName, containerId, config, prevResult } = request;
    this.#refuse(request);
    using namespace = NetworkNamespace.open(netns);
    await using tables = Rtnetlink.open({ namespace });
    if ((await tables.link(ifName)) !== undefined) {
      if (!this.#has('add-replaces-interface')) {
        if (this.#has('ipam-leak')) await request.delegate(requireIpamType(config.ipam)).add();
        throw new CniError(cniErrorCode.internal, `interface '${ifName}' exists already`);
      }
      await tables.run(deleteLink(ifName));
    }
    const lease = await this.#lease(request);
    try {
      const link = await this.#make(tables, ifName, lease);
      this.#remember(config.name, containerId, ifName, netns);
      return this.#result(request, this.#has('drops-prev-result') ? {} : (prevResult ?? {}), lease, link);
    } catch (error) {
      await tables.run(deleteLink(ifName)).catch(() => undefined);
      await request.delegate(requireIpamType(config.ipam)).del();
      throw error;
    }
  }

  override async del(request: Attachment): Promise<void> {
    const { netns, ifName, containerId, config, prevResult } = request;
    if (this.#has('del-needs-result') && prevResult === undefined)
      throw CniError.invalidConfig('prevResult', 'is missing');
    const known = this.#known().some((one) => one.containerId === containerId && one.ifName === ifName);
    if (this.#has('del-not-idempotent') && !known) throw new CniError(cniErrorCode.unknownContainer, 'not connected');
    if (!this.#has('del-keeps-lease') && !(this.#has('ipam-kept-without-namespace') && netns === '')) {
      const released = request.delegate(requireIpamType(config.ipam)).del();
      await (this.#has('del-ignores-ipam-failure') ? released.catch(() => undefined) : released);
    }
    if (!this.#has('del-leaves-link')) {
      const others = this.#known().filter(
        (one) => this.#has('del-removes-others') || (this.#has('del-removes-all') && one.containerId === containerId),
      );
      for (const one of [{ netns, ifName }, ...others]) {
        await this.#unmake(one.netns, one.ifName, this.#has('del-needs-namespace'));
      }
    }
    this.#forget(config.name, containerId, ifName);
  }

  override async check(request: CheckRequest<NetworkConfig>): Promise<void> {
    const { netns, ifName, config, prevResult } = request;
    if (this.#has('check-nothing')) return;
    if (!this.#has('check-no-ipam')) await request.delegate(requireIpamType(config.ipam)).check();
    using namespace = NetworkNamespace.open(netns);
    await using tables = Rtnetlink.open({ namespace });
    const link = await tables.link(ifName);
    const missing = (what: string): CniError => new CniError(cniErrorCode.internal, `${what} is missing`);
    if (link === undefined) throw missing(`interface '${ifName}'`);
    const position = prevResult.interfaces?.findIndex((one) => one.name === ifName);
    const addresses = (await tables.addresses({ link: link.index })).map(({ address }) => address);
    const expected = prevResult.ips?.filter((one) => one.interface === position).map(({ address }) => address) ?? [];
    const absent = expected.find((address) => !addresses.includes(address));
    if (absent !== undefined && !this.#has('check-no-addresses')) throw missing(`address ${absent}`);
    if (this.#has('check-refuses-additions') && (await tables.links()).length > 2)
      throw new Error('unexpected interfaces');
    const destinations = (await tables.routes({ family: 4 })).map(({ destination }) => destination);
    const route = prevResult.routes?.find(({ dst }) => !destinations.includes(networkOf(dst)));
    if (route !== undefined && !this.#has('check-no-routes')) throw missing(`the route to ${route.dst}`);
  }

  override async gc(request: GcRequest<NetworkConfig>): Promise<void> {
    const { config, validAttachments } = request;
    if (!this.#has('gc-no-ipam')) await request.delegate(requireIpamType(config.ipam)).gc();
    if (this.#has('gc-nothing')) return;
    const stale = this.#known().filter(
      (one) =>
        (this.#has('gc-all-networks') || one.network === config.name) &&
        !validAttachments.some(
          ({ containerID, ifname }) =>
            !this.#has('gc-everything') &&
            containerID === one.containerId &&
            (this.#has('gc-by-container') || ifname === one.ifName),
        ),
    );
    if (this.#has('gc-needs-work') && stale.length === 0) throw new Error('there is nothing to collect');
    for (const one of stale) {
      await this.#unmake(one.netns, one.ifName, false);
      this.#forget(one.network, one.containerId, one.ifName);
    }
  }

  override async status(request: CniRequest<NetworkConfig>): Promise<void> {
    if (this.#has('status-internal-error')) throw new Error('not now');
    if (!this.#has('status-no-ipam')) await request.delegate(requireIpamType(request.config.ipam)).status();
  }

  #has(defect: PluginDefect): boolean {
    return this.defect === defect;
  }

  #refuse({ containerId, arguments: values }: Attachment): void {
    if (this.#has('long-container-id') && containerId.length > 63) throw new Error('the container id is too long');
    if (this.#has('unknown-arguments') && values.has('K8S_POD_NAME')) throw new Error('unknown args: K8S_POD_NAME');
    const again = this.#known().some((one) => one.containerId === containerId);
    if (this.#has('add-once-per-container') && again) throw new Error('the container is connected already');
  }

  async #lease(request: Attachment): Promise<CniResult> {
    const ipam = request.delegate(requireIpamType(request.config.ipam));
    if (this.#has('ipam-called-twice')) await ipam.add();
    const lease = await ipam.add().catch((error: unknown): CniResult => {
      if (this.#has('ipam-failure-ignored')) return {};
      throw error;
    });
    const gateway = '10.213.7.1';
    if (this.#has('same-address')) return { ...lease, ips: [{ address: '10.213.7.77/24', gateway }] };
    return this.#has('invented-address') ? { ips: [{ address: '192.0.2.9/24' }] } : lease;
  }

  async #make(tables: Rtnetlink, ifName: string, lease: CniResult): Promise<{ readonly mac: string }> {
    await tables.run(newLink({ kind: 'bridge', name: ifName, mtu, up: !this.#has('link-down') }));
    const link = await tables.link(ifName);
    const index = link?.index ?? 0;
    if (!this.#has('no-address')) {
      await tables.run(...(lease.ips ?? []).map(({ address }) => addAddress({ link: index, address })));
    }
    if (!this.#has('no-route') && !this.#has('link-down') && !this.#has('no-address')) {
      const gateway = lease.ips?.[0]?.gateway ?? '';
      await tables.run(
        ...(lease.routes ?? []).map(({ dst }) => addRoute({ destination: dst, link: index, gateway, onlink: true })),
      );
    }
    return { mac: this.#has('wrong-mac') ? '02:00:00:00:00:01' : (link?.mac ?? '') };
  }

  #result(
    { ifName, netns }: Attachment,
    before: CniResult,
    lease: CniResult,
    { mac }: { readonly mac: string },
  ): CniResult {
    const interfaces = before.interfaces ?? [];
    const position = this.#has('no-interface-index') ? {} : { interface: interfaces.length };
    const sandbox = this.#has('no-sandbox') ? {} : { sandbox: netns };
    return {
      ...before,
      interfaces: [...interfaces, { name: ifName, mac, mtu, ...sandbox }],
      ips: [...(before.ips ?? []), ...(lease.ips ?? []).map((one) => ({ ...one, ...position }))],
      routes: [...(before.routes ?? []), ...(lease.routes ?? [])],
    };
  }

  async #unmake(netns: string, ifName: string, insist: boolean): Promise<void> {
    try {
      using namespace = NetworkNamespace.open(netns);
      await using tables = Rtnetlink.open({ namespace });
      await tables.run(deleteLink(ifName));
    } catch (error) {
      // The interface went with its namespace, or before.
      if (insist || !(linuxErrors.NO_NAMESPACE.is(error) || isRefusal(error, 'ENODEV'))) throw error;
    }
  }

  #remember(network: string, containerId: string, ifName: string, netns: string): void {
    mkdirSync(this.directory, { recursive: true });
    writeFileSync(join(this.directory, `${network}@${containerId}@${ifName}`), netns);
  }

  #forget(network: string, containerId: string, ifName: string): void {
    rmSync(join(this.directory, `${network}@${containerId}@${ifName}`), { force: true });
  }

  #known(): { network: string; containerId: string; ifName: string; netns: string }[] {
    mkdirSync(this.directory, { recursive: true });
    return readdirSync(this.directory).map((file) => {
      const [network = '', containerId = '', ifName = ''] = file.split('@');
      return { network, containerId, ifName, netns: readFileSync(join(this.directory, file), 'utf8') };
    });
  }
}
