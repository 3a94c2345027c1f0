import { addressFamily, formatAddress, parseAddress } from '../ip/address.js';
import { attribute } from '../netlink/attributes.js';
import type { Attribute, AttributeMap } from '../netlink/attributes.js';
import { bridgeAttribute, linkAttribute, linkInfoAttribute, vethAttribute, vxlanAttribute } from './constants.js';
import type { LinkIdentity } from './link-settings.js';

export interface BridgeSettings {
  /** Default: false. */
  readonly vlanFiltering?: boolean;
  /** VLAN of untagged frames on new ports. Kernel default: 1; 0 gives new ports none. */
  readonly defaultVlan?: number;
  /** Default: false. */
  readonly stp?: boolean;
  readonly multicastSnooping?: boolean;
  /** Seconds that a learned address is kept. Kernel default: 300. */
  readonly ageingSeconds?: number;
}

export interface VxlanSettings {
  /** The network identifier, 24 bits. */
  readonly id: number;
  /** UDP port. The standard's is 4789, flannel's is 8472. */
  readonly port: number;
  /** Address that outer packets leave from. */
  readonly local?: string;
  /** Index of the device that outer packets leave through. */
  readonly link?: number;
  /** Whether it learns remote addresses from traffic. Default: false, all entries are written. */
  readonly learning?: boolean;
  readonly ttl?: number;
}

/** Modes of macvlan (bits) and ipvlan (numbers), from linux/if_link.h. */
const macvlanModes = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;
const ipvlanModes = { l2: 0, l3: 1, l3s: 2 } as const;

export type LinkKind =
  | { readonly kind: 'veth'; readonly peer: LinkIdentity }
  | ({ readonly kind: 'bridge' } & BridgeSettings)
  | ({ readonly kind: 'vxlan' } & VxlanSettings)
  | { readonly kind: 'dummy' }
  | { readonly kind: 'ifb' }
  | { readonly kind: 'vlan'; readonly link: number; readonly id: number }
  | { readonly kind: 'macvlan'; readonly link: number; readonly mode: keyof typeof macvlanModes }
  | { readonly kind: 'ipvlan'; readonly link: number; readonly mode: keyof typeof ipvlanModes }
  | { readonly kind: 'vrf'; readonly table: number };

/** The nested description of a link's kind, and the device underneath where it has one. */
export function kindAttributes(spec: LinkKind, pairEnd: (peer: LinkIdentity) => Attribute): Attribute[] {
  const data = kindData(spec, pairEnd);
  const children = [attribute.text(linkInfoAttribute.kind, spec.kind)];
  if (data.length > 0) children.push(attribute.nest(linkInfoAttribute.data, data));
  return [attribute.nest(linkAttribute.linkInfo, children), ...linkBelow(spec)];
}

/** The device underneath a vlan, macvlan or ipvlan. */
function linkBelow(spec: LinkKind): Attribute[] {
  return spec.kind === 'vlan' || spec.kind === 'macvlan' || spec.kind === 'ipvlan'
    ? [attribute.u32(linkAttribute.link, spec.link)]
    : [];
}

export function bridgeData(settings: BridgeSettings): Attribute[] {
  const data: Attribute[] = [];
  const flag = (value: boolean): number => (value ? 1 : 0);
  if (settings.vlanFiltering !== undefined) {
    data.push(attribute.u8(bridgeAttribute.vlanFiltering, flag(settings.vlanFiltering)));
  }
  if (settings.defaultVlan !== undefined) data.push(attribute.u16(bridgeAttribute.defaultVlan, settings.defaultVlan));
  if (settings.stp !== undefined) data.push(attribute.u32(bridgeAttribute.stp, flag(settings.stp)));
  if (settings.multicastSnooping !== undefined) {
    data.push(attribute.u8(bridgeAttribute.multicastSnooping, flag(settings.multicastSnooping)));
  }
  // The kernel counts in hundredths of a second here.
  if (settings.ageingSeconds !== undefined)
    data.push(attribute.u32(bridgeAttribute.ageingTime, settings.ageingSeconds * 100));
  return data;
}

/** What a kind's own attributes say, for the kinds that controllers compare; undefined for the others. */
export function readKind(
  kind: string,
  data: AttributeMap | undefined,
): Record<string, number | boolean | string> | undefined {
  if (data === undefined) return undefined;
  if (kind === 'bridge') {
    return {
      vlanFiltering: data.u8(bridgeAttribute.vlanFiltering) === 1,
      defaultVlan: data.u16(bridgeAttribute.defaultVlan) ?? 0,
      stp: (data.u32(bridgeAttribute.stp) ?? 0) > 0,
    };
  }
  if (kind === 'vxlan') {
    const local = data.bytes(vxlanAttribute.local) ?? data.bytes(vxlanAttribute.local6);
    return {
      id: data.u32(vxlanAttribute.id) ?? 0,
      port: data.u16be(vxlanAttribute.port) ?? 0,
      link: data.u32(vxlanAttribute.link) ?? 0,
      learning: data.u8(vxlanAttribute.learning) === 1,
      ...(local === undefined ? {} : { local: formatAddress(local) }),
    };
  }
  return kind === 'vlan' ? { id: data.u16(1) ?? 0 } : undefined;
}

function kindData(spec: LinkKind, pairEnd: (peer: LinkIdentity) => Attribute): Attribute[] {
  switch (spec.kind) {
    case 'veth':
      return [{ ...pairEnd(spec.peer), type: vethAttribute.peer | 0x8000 }];
    case 'bridge':
      return bridgeData(spec);
    case 'vxlan':
      return vxlanData(spec);
    case 'vlan':
      return [attribute.u16(1, spec.id)];
    case 'macvlan':
      return [attribute.u32(1, macvlanModes[spec.mode])];
    case 'ipvlan':
      return [attribute.u16(1, ipvlanModes[spec.mode])];
    case 'vrf':
      return [attribute.u32(1, spec.table)];
    case 'dummy':
    case 'ifb':
      return [];
  }
}

function vxlanData(settings: VxlanSettings): Attribute[] {
  const data = [
    attribute.u32(vxlanAttribute.id, settings.id),
    attribute.u16be(vxlanAttribute.port, settings.port),
    attribute.u8(vxlanAttribute.learning, settings.learning === true ? 1 : 0),
  ];
  if (settings.link !== undefined) data.push(attribute.u32(vxlanAttribute.link, settings.link));
  if (settings.ttl !== undefined) data.push(attribute.u8(vxlanAttribute.ttl, settings.ttl));
  if (settings.local !== undefined) {
    const type = addressFamily(settings.local) === 4 ? vxlanAttribute.local : vxlanAttribute.local6;
    data.push(attribute.bytes(type, parseAddress(settings.local)));
  }
  return data;
}
