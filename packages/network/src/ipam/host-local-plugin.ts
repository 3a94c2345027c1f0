import { access, constants, mkdir, readFile } from 'node:fs/promises';
import { CniError, cniErrorCode, CniPlugin, NetworkConfig } from '@kubewright/cni-sdk';
import type {
  AttachmentRequest,
  CheckRequest,
  CniAddress,
  CniRequest,
  CniResult,
  GcRequest,
} from '@kubewright/cni-sdk';
import { SystemClock, messageOf } from '@kubewright/core';
import type { Clock } from '@kubewright/core';
import { formatAddress, parseAddress, parsePrefix } from '@kubewright/linux';
import { nextFree, rangeOf } from './allocate.js';
import { hostLocalSettings, leasePath, requestedAddresses } from './ipam-config.js';
import type { HostLocalSettings } from './ipam-config.js';
import { LeaseDirectory } from './lease-directory.js';
import type { LeaseOwner, Leases } from './directory-leases.js';
import { numberAddress, rangeText } from './range.js';
import type { AddressRange } from './range.js';
import { parseResolvConf } from './resolv-conf.js';

/**
 * Gives out addresses of ranges that this machine alone uses. Configuration and leases are those of the reference plugin of
 * this name, so a machine can change over in either direction with pods running.
 */
export class HostLocalPlugin extends CniPlugin {
  override readonly type: string = 'host-local';
  override readonly config = NetworkConfig;
  readonly #clock: Clock;
  readonly #directories = new Map<string, LeaseDirectory>();
  readonly #settings = new WeakMap<NetworkConfig, HostLocalSettings>();

  /** @param clock - default: the machine's. */
  constructor(clock: Clock = new SystemClock()) {
    super();
    this.#clock = clock;
  }

  override async add(request: AttachmentRequest<NetworkConfig>): Promise<CniResult> {
    const settings = await this.settings(request.config);
    const dns =
      settings.resolvConf === undefined ? undefined : parseResolvConf(await readFile(settings.resolvConf, 'utf8'));
    const wanted = requestedAddresses(request);
    const lease = this.#leases(request).runEarly((leases) => allocate(leases, settings, request, wanted));
    const { value: ips, safe } = await lease;
    request.holdAnswer(safe);
    return {
      ips,
      ...(settings.routes.length === 0 ? {} : { routes: settings.routes }),
      ...(dns === undefined ? {} : { dns }),
    };
  }

  override async del(request: AttachmentRequest<NetworkConfig>): Promise<void> {
    await this.#leases(request).run((leases) => {
      for (const address of leases.ownedBy(request)) leases.release(address, request);
    });
  }

  override async check(request: CheckRequest<NetworkConfig>): Promise<void> {
    const owned = await this.#leases(request).run((leases) => leases.ownedBy(request));
    if (owned.length > 0) return;
    throw new CniError(
      cniErrorCode.internal,
      `no address is leased to container '${request.containerId}', interface '${request.ifName}'`,
    );
  }

  override async gc(request: GcRequest<NetworkConfig>): Promise<void> {
    const valid = new Set(request.validAttachments.map(({ containerID, ifname }) => `${containerID}\0${ifname}`));
    const containers = new Set(request.validAttachments.map(({ containerID }) => containerID));
    const kept = ({ containerId, ifName }: LeaseOwner): boolean =>
      ifName === '' ? containers.has(containerId) : valid.has(`${containerId}\0${ifName}`);
    const directory = this.#leases(request);
    const stale = await directory.run((leases) =>
      [...leases.all()].filter(([, owner]) => owner === undefined || !kept(owner)),
    );
    // One by one, so that the event loop has its turns; together they share the lock. Each is looked at again before it goes.
    const releases = stale.map(([address, owner]) => directory.run((leases) => leases.release(address, owner)));
    await Promise.all(releases);
  }

  override async status({ config }: CniRequest<NetworkConfig>): Promise<void> {
    await this.settings(config);
    const path = leasePath(config);
    try {
      await mkdir(path, { recursive: true, mode: 0o755 });
      await access(path, constants.W_OK);
    } catch (error) {
      throw CniError.notAvailable(`leases cannot be written: ${messageOf(error)}`);
    }
  }

  /** The ranges, routes and resolver. Override it where they come from elsewhere than the configuration. */
  protected settings(config: NetworkConfig): Promise<HostLocalSettings> {
    let settings = this.#settings.get(config);
    if (settings === undefined) this.#settings.set(config, (settings = hostLocalSettings(config)));
    return Promise.resolve(settings);
  }

  #leases({ config }: CniRequest<NetworkConfig>): LeaseDirectory {
    const path = leasePath(config);
    let directory = this.#directories.get(path);
    if (directory === undefined) this.#directories.set(path, (directory = new LeaseDirectory(path, this.#clock)));
    return directory;
  }
}

function allocate(
  leases: Leases,
  { sets }: HostLocalSettings,
  { containerId, ifName }: LeaseOwner,
  requested: readonly string[],
): CniAddress[] {
  const owner = { containerId, ifName };
  const held = leases.ownedBy(owner);
  if (held.length > 0) {
    const summary = `container '${containerId}' has ${held.join(', ')} on '${ifName}' already`;
    throw new CniError(cniErrorCode.internal, summary, 'release it with DEL first');
  }
  let wanted = requested.map((text) => canonical(parsePrefix(text).address));
  const found = sets.map((ranges, index) => {
    const chosen = wanted.find((address) => inSet(ranges, address));
    if (chosen === undefined) return takeNext(leases, ranges, owner, index);
    wanted = wanted.filter((address) => address !== chosen);
    return takeRequested(leases, ranges, owner, index, chosen);
  });
  if (wanted.length === 0) return found;
  throw CniError.invalidConfig('the requested address', `${wanted.join(', ')} lies in none of the ranges`);
}

function takeNext(leases: Leases, ranges: readonly AddressRange[], owner: LeaseOwner, index: number): CniAddress {
  const last = leases.lastOf(index);
  for (;;) {
    const free = nextFree(ranges, last, (address) => leases.isTaken(address));
    if (free === undefined) {
      throw new CniError(cniErrorCode.internal, `all addresses of ${ranges.map(rangeText).join(', ')} are taken`);
    }
    // A file that somebody put there past the lock counts as taken from now on.
    if (leases.take(free.address, owner, index)) return addressOf(free.address, free.range);
  }
}

function takeRequested(
  leases: Leases,
  ranges: readonly AddressRange[],
  owner: LeaseOwner,
  index: number,
  address: string,
): CniAddress {
  const range = rangeOf(ranges, address.includes(':') ? 6 : 4, address);
  if (range === undefined || address === numberAddress(range.gateway, range.family)) {
    throw CniError.invalidConfig('the requested address', `${address} is the gateway's`);
  }
  if (leases.take(address, owner, index)) return addressOf(address, range);
  throw new CniError(cniErrorCode.internal, `the requested address ${address} is taken`);
}

function inSet(ranges: readonly AddressRange[], address: string): boolean {
  return rangeOf(ranges, address.includes(':') ? 6 : 4, address) !== undefined;
}

function addressOf(address: string, range: AddressRange): CniAddress {
  return { address: `${address}/${range.length}`, gateway: numberAddress(range.gateway, range.family) };
}

/** One spelling per address: it names a file. */
function canonical(address: string): string {
  return formatAddress(parseAddress(address));
}
