/**
 * The firewall plugin: which bridges' pods may reach each other, chained behind the plugin that connects the pod. It works in a
 * table of its own; a packet that another table drops stays dropped.
 */
import { CniError, CniPlugin, NetworkConfig } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CheckRequest, CniRequest, CniResult, GcRequest } from '@kubewright/cni-sdk';
import { inTurns } from '@kubewright/core/async';
import { action, addElements, addNftRule, addSet, deleteElements, match, parsePrefix } from '@kubewright/linux';
import type { NetlinkRequest, NftElement, NftSet } from '@kubewright/linux';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { unsupportedField } from '../config/values.js';
import { checkFailure } from '../host/answers.js';
import { attachmentKey } from '../host/attachment-store.js';
import type { AttachmentKey, AttachmentStore } from '../host/attachment-store.js';
import { runAll } from '../host/failures.js';
import type { HostNetwork } from '../host/host-network.js';
import { cniTable, forward, tableWith } from '../host/table.js';
import { resolveHostInterface } from '../pod/host-interface.js';
import { addressesOf } from '../pod/link-index.js';

const policies = ['open', 'same-bridge', 'isolated'] as const;

/** Configuration of the firewall plugin, with the keys of the reference plugin of this name that have a meaning here. */
export class FirewallConfig extends NetworkConfig {
  /** Who may reach the pods of a bridge: everybody, not the pods of other such bridges, or no other pod of them at all. */
  @IsOptional()
  @IsIn(['', ...policies])
  ingressPolicy: '' | (typeof policies)[number] = 'open';

  /** Refused unless it is `nftables` or empty. */
  @IsOptional()
  @IsString()
  backend = '';

  /** Refused unless it is empty: chains of iptables are not asked. */
  @IsOptional()
  @IsString()
  iptablesAdminChainName = '';

  /** Refused unless it is empty. */
  @IsOptional()
  @IsString()
  firewalldZone = '';
}

interface Guarded {
  readonly policy: (typeof policies)[number];
  readonly bridge: string;
}

const guarded: NftSet = { table: cniTable, name: 'firewall-bridges', key: ['interface'] };
const same: NftSet = { table: cniTable, name: 'firewall-same', key: ['interface', 'interface'] };

/** The sets that a bridge is in. Where its pods have several policies, it is in the sets of all of them. */
const setsOf: Readonly<Record<Guarded['policy'], readonly NftSet[]>> = {
  open: [],
  isolated: [guarded],
  'same-bridge': [guarded, same],
};

export class FirewallPlugin extends CniPlugin<FirewallConfig> {
  override readonly type = 'firewall';
  override readonly config = FirewallConfig;
  readonly #host: HostNetwork;
  readonly #attachments: AttachmentStore<Guarded>;
  /** The pod that came last to each bridge. Who found a bridge without pods, but meanwhile one came, must leave its guard. */
  readonly #latest = new Map<string, AttachmentKey>();

  constructor(host: HostNetwork) {
    super();
    this.#host = host;
    this.#attachments = host.attachments(this.type, readGuarded);
  }

  override async add(request: AttachmentRequest<FirewallConfig>): Promise<CniResult> {
    const { config, prevResult, ifName } = request;
    checkSupported(config);
    if (prevResult === undefined) throw CniError.invalidConfig('prevResult', 'is needed: firewall is chained');
    const [address] = addressesOf(prevResult, ifName);
    const bridge = await resolveHostInterface(this.#host, prevResult, address && parsePrefix(address).address);
    if (bridge === undefined) throw CniError.invalidConfig('prevResult.interfaces', "has none on the machine's side");
    const policy = config.ingressPolicy === '' ? 'open' : config.ingressPolicy;
    const key = attachmentKey(request);
    this.#attachments.put(key, { policy, bridge });
    this.#latest.set(bridge, key);
    await this.#host.filter.commitInto(foundation, ...setsOf[policy].flatMap((set) => adding(set, bridge)));
    return prevResult;
  }

  /** The last pod of a bridge, whatever its network, takes the guard away. */
  override async del(request: AttachmentRequest<FirewallConfig>): Promise<void> {
    const key = attachmentKey(request);
    const stored = this.#attachments.get(key);
    this.#attachments.delete(key);
    if (stored === undefined) return;
    const { bridge } = stored;
    const latest = this.#latest.get(bridge);
    if ((await this.#hasPods(bridge, key.network)) || this.#latest.get(bridge) !== latest) return;
    this.#latest.delete(bridge);
    await this.#leave([guarded, same], bridge);
  }

  override async check(request: CheckRequest<FirewallConfig>): Promise<void> {
    const stored = this.#attachments.get(attachmentKey(request));
    if (stored === undefined) throw checkFailure('the firewall does not know the attachment');
    for (const set of setsOf[stored.policy]) {
      if (!(await this.#bridgesIn(set)).includes(stored.bridge)) {
        throw checkFailure(`the bridge '${stored.bridge}' is not guarded`);
      }
    }
  }

  /** Makes the sets what the attachments of all networks ask for, also where somebody emptied the packet filter. */
  override async gc({ config, validAttachments }: GcRequest<FirewallConfig>): Promise<void> {
    await inTurns(await this.#attachments.stale(config.name, validAttachments), (one) => this.#attachments.delete(one));
    const latest = new Map(this.#latest);
    const wanted = new Map([guarded, same].map((set) => [set, new Set<string>()]));
    for await (const { value } of this.#attachments.each()) {
      for (const set of setsOf[value.policy]) wanted.get(set)?.add(value.bridge);
    }
    const missing = [...wanted].flatMap(([set, bridges]) => [...bridges].flatMap((bridge) => adding(set, bridge)));
    if (missing.length > 0) await this.#host.filter.commitInto(foundation, ...missing);
    for (const [set, bridges] of wanted) {
      const surplus = (await this.#bridgesIn(set)).filter(
        (bridge) => !bridges.has(bridge) && this.#latest.get(bridge) === latest.get(bridge),
      );
      await runAll(surplus.map((bridge) => () => this.#leave([set], bridge)));
    }
  }

  override async status({ config }: CniRequest<FirewallConfig>): Promise<void> {
    checkSupported(config);
  }

  /** Whether somebody else is at the bridge. Looks first where a neighbour most likely is; a pair has one pod alone. */
  async #hasPods(bridge: string, network: string): Promise<boolean> {
    if ((await this.#host.tables.link(bridge))?.kind === 'veth') return false;
    for (const scope of [network, undefined]) {
      for await (const { value } of this.#attachments.each(scope)) if (value.bridge === bridge) return true;
    }
    return false;
  }

  async #leave(sets: readonly NftSet[], bridge: string): Promise<void> {
    const changes = sets.flatMap((set) => [...adding(set, bridge), ...deleteElements(set, [elementOf(set, bridge)])]);
    await this.#host.filter.commitDeletion(...changes);
  }

  async #bridgesIn(set: NftSet): Promise<string[]> {
    return (await this.#host.filter.keys(set)).map((key) => key.toString('utf8', 0, key.indexOf(0)));
  }
}

/** Pure. What is in the set already is no error. */
function adding(set: NftSet, bridge: string): NetlinkRequest[] {
  return addElements(set, [elementOf(set, bridge)]);
}

/** The bridge's name, as often as the set wants it. */
function elementOf({ key }: NftSet, bridge: string): NftElement {
  return { key: key.map(() => bridge) };
}

/** What is under way goes on; between guarded bridges nothing new starts, except where both are one and may. */
function foundation(): NetlinkRequest[] {
  const rules = [
    [...match.connectionState('established', 'related'), ...action.verdict('accept')],
    [...match.inSet(same.name, ['incomingInterface', 'outgoingInterface']), ...action.verdict('accept')],
    [
      ...match.inSet(guarded.name, ['incomingInterface']),
      ...match.inSet(guarded.name, ['outgoingInterface']),
      ...action.verdict('drop'),
    ],
  ];
  return [
    ...tableWith(forward),
    addSet(guarded),
    addSet(same),
    ...rules.map((expressions) => addNftRule({ chain: forward, expressions })),
  ];
}

function checkSupported({ backend, iptablesAdminChainName, firewalldZone }: FirewallConfig): void {
  if (!['', 'nftables'].includes(backend)) throw unsupportedField('backend', "leave it out, or set 'nftables'");
  const foreign = Object.entries({ iptablesAdminChainName, firewalldZone }).find(([, value]) => value !== '');
  if (foreign !== undefined) throw unsupportedField(foreign[0], 'it is for a backend that this plugin does not have');
}

function readGuarded(value: unknown): Guarded {
  const { policy, bridge } = (value ?? {}) as Partial<Guarded>;
  return { policy: policies.find((one) => one === policy) ?? 'open', bridge: typeof bridge === 'string' ? bridge : '' };
}
