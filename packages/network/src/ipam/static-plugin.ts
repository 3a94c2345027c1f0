import { CniError, cniErrorCode, CniPlugin, NetworkConfig } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CheckRequest, CniAddress, CniResult, GcRequest } from '@kubewright/cni-sdk';
import { parseAddress, parsePrefix } from '@kubewright/linux';
import { recordOf } from '@kubewright/core';
import { attempt, textOf } from '../config/values.js';
import { attachmentKey } from '../host/attachment-store.js';
import type { AttachmentStore } from '../host/attachment-store.js';
import type { HostNetwork } from '../host/host-network.js';
import { listAt, readRoutes, requestedAddresses } from './ipam-config.js';

/** Hands out the addresses that the configuration, or the runtime, names. It does not keep two pods from the same one. */
export class StaticPlugin extends CniPlugin {
  override readonly type = 'static';
  override readonly config = NetworkConfig;
  readonly #attachments: AttachmentStore<readonly string[]>;

  constructor(host: HostNetwork) {
    super();
    this.#attachments = host.attachments(this.type, (value) => (Array.isArray(value) ? value.map(String) : []));
  }

  override async add(request: AttachmentRequest<NetworkConfig>): Promise<CniResult> {
    const { config } = request;
    const ips = addressesOf(request);
    const routes = readRoutes(config.ipam?.['routes']);
    const dns = config.ipam?.['dns'];
    this.#attachments.put(
      attachmentKey(request),
      ips.map(({ address }) => address),
    );
    return {
      ips,
      ...(routes.length === 0 ? {} : { routes }),
      ...(typeof dns === 'object' && dns !== null ? { dns } : {}),
    };
  }

  override async del(request: AttachmentRequest<NetworkConfig>): Promise<void> {
    this.#attachments.delete(attachmentKey(request));
  }

  override async check(request: CheckRequest<NetworkConfig>): Promise<void> {
    const given = this.#attachments.get(attachmentKey(request));
    const present = new Set(request.prevResult.ips?.map(({ address }) => address));
    if (given?.every((address) => present.has(address)) === true) return;
    const problem = given === undefined ? 'was given no address' : `should have ${given.join(', ')}`;
    throw new CniError(cniErrorCode.internal, `container '${request.containerId}' ${problem}`);
  }

  override async gc(request: GcRequest<NetworkConfig>): Promise<void> {
    for (const one of await this.#attachments.stale(request.config.name, request.validAttachments)) {
      this.#attachments.delete(one);
    }
  }

  override async status(): Promise<void> {
    // It has nothing that could be missing.
  }
}

/** What a runtime asks for replaces what the configuration says. */
function addressesOf(request: AttachmentRequest<NetworkConfig>): CniAddress[] {
  const gateway = request.arguments.get('GATEWAY');
  const requested = requestedAddresses(request).map((address) => ({
    address,
    ...(gateway === undefined ? {} : { gateway }),
  }));
  const written: readonly unknown[] =
    requested.length > 0 ? requested : listAt(request.config.ipam?.['addresses'], 'ipam.addresses');
  return written.map((one, index) => {
    const field = `ipam.addresses[${index}]`;
    const { address, gateway: via } = recordOf(one);
    if (typeof address !== 'string' || !address.includes('/')) {
      throw CniError.invalidConfig(`${field}.address`, "must be an address with a prefix length, as '10.1.2.3/24'");
    }
    attempt(`${field}.address`, () => parsePrefix(address));
    if (via === undefined || via === null) return { address };
    const text = textOf(via);
    attempt(`${field}.gateway`, () => parseAddress(text));
    return { address, gateway: text };
  });
}
