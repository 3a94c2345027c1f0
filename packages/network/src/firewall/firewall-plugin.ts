/**
 * The firewall plugin: which bridges' pods may reach each other, chained behind the plugin that connects the pod. It works in a
 * table of its own; a packet that another table drops stays dropped.
 */
import { CniError, cniErrorCode, CniPlugin, NetworkConfig } from '@kubewright/cni-sdk';
import type { AttachmentRequest, CheckRequest, CniRequest, CniResult, GcRequest } from '@kubewright/cni-sdk';
import { action, addElements, addNftRule, addSet, deleteElements, encodeKey, match } from '@kubewright/linux';
import type { NetlinkRequest, NftSet } from '@kubewright/linux';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { attachmentKey } from '../host/attachment-store.js';
import type { AttachmentKey, AttachmentStore } from '../host/attachment-store.js';
import { runAll } from '../host/failures.js';
import type { HostNetwork } from '../host/host-network.js';
import { cniTable, forward, tableWith } from '../host/table.js';
import { broken } from '../pod/pod-interface.js';
import { hostInterface } from '../pod/link-index.js';

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
}

interface Guarded {
  readonly policy: (typeof policies)[number];
  readonly bridge: string;
}

const guarded: NftSet = { table: cniTable, name: 'firewall-bridges', key: ['interface'] };
const same: NftSet = { table: cniTable, name: 'firewall-same', key: ['interface', 'interface'] };

export class FirewallPlugin extends CniPlugin<FirewallConfig> {
  override readonly type = 'firewall';
  override readonly config = FirewallConfig;
  readonly #host: HostNetwork;
  readonly #attachments: AttachmentStore<Guarded>;

  constructor(host: HostNetwork) {
    super();
    this.#host = host;
    this.#attachments = host.attachments(this.type, readGuarded);
  }

  override async add(request: AttachmentRequest<FirewallConfig>): Promise<CniResult> {
    const { config, prevResult } = request;
    checkSupported(config);
    if (prevResult === undefined) throw CniError.invalidConfig('prevResult', 'is needed: firewall is chained');
    const bridge = hostInterface(prevResult);
    if (bridge === undefined) throw CniError.invalidConfig('prevResult.interfaces', "has none on the machine's side");
    const one: Guarded = { policy: config.ingressPolicy === '' ? 'open' : config.ingressPolicy, bridge };
    this.#attachments.put(attachmentKey(request), one);
    const changes = elements(one).flatMap(([set, key]) => addElements(set, [{ key }]));
    await this.#host.filter.commitInto(foundation, ...changes);
    return prevResult;
  }

  override async del(request: AttachmentRequest<FirewallConfig>): Promise<void> {
    await this.#release(attachmentKey(request));
  }

  override async check(request: CheckRequest<FirewallConfig>): Promise<void> {
    const stored = this.#attachments.get(attachmentKey(request));
    if (stored === undefined) throw broken('the firewall does not know the attachment');
    for (const [set, key] of elements(stored)) {
      const wanted = encodeKey(set.key, key);
      const present = (await this.#host.filter.keys(set)).some((one) => one.equals(wanted));
      if (!present) throw broken(`the bridge '${stored.bridge}' is not guarded`);
    }
  }

  override async gc({ config, validAttachments }: GcRequest<FirewallConfig>): Promise<void> {
    await runAll(this.#attachments.stale(config.name, validAttachments).map((one) => () => this.#release(one)));
  }

  override async status({ config }: CniRequest<FirewallConfig>): Promise<void> {
    checkSupported(config);
  }

  /** The last pod of a network takes the guard of its bridge away. */
  async #release(key: AttachmentKey): Promise<void> {
    const stored = this.#attachments.get(key);
    this.#attachments.delete(key);
    if (stored === undefined || this.#attachments.list(key.network).some(({ value }) => value.bridge === stored.bridge))
      return;
    const changes = elements(stored).map(([set, one]) => {
      const list = [{ key: one }];
      return () => this.#host.filter.commitDeletion(...addElements(set, list), ...deleteElements(set, list));
    });
    await runAll(changes);
  }
}

/** Pure. Without a policy nothing is guarded. */
function elements({ policy, bridge }: Guarded): (readonly [NftSet, readonly string[]])[] {
  if (policy === 'open') return [];
  const inside = policy === 'same-bridge' ? [[same, [bridge, bridge]] as const] : [];
  return [[guarded, [bridge]] as const, ...inside];
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

function checkSupported({ backend }: FirewallConfig): void {
  if (['', 'nftables'].includes(backend)) return;
  const summary = `the value '${backend}' of the field 'backend' is not supported`;
  throw new CniError(cniErrorCode.unsupportedField, summary, "leave it out, or set 'nftables'");
}

function readGuarded(value: unknown): Guarded {
  const { policy, bridge } = (value ?? {}) as Partial<Guarded>;
  return { policy: policies.find((one) => one === policy) ?? 'open', bridge: typeof bridge === 'string' ? bridge : '' };
}
