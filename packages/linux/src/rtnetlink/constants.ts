/** Message and attribute numbers of rtnetlink, from linux/rtnetlink.h, if_link.h, if_addr.h, neighbour.h, if_bridge.h. */

export const routeMessage = {
  newLink: 16,
  deleteLink: 17,
  getLink: 18,
  setLink: 19,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
  newRoute: 24,
  deleteRoute: 25,
  getRoute: 26,
  newNeighbour: 28,
  deleteNeighbour: 29,
  getNeighbour: 30,
  newRule: 32,
  deleteRule: 33,
  getRule: 34,
  newQdisc: 36,
  deleteQdisc: 37,
  getQdisc: 38,
  newFilter: 44,
  newLinkProperty: 108,
  deleteLinkProperty: 109,
} as const;

export const addressFamilyNumber = { unspecified: 0, v4: 2, bridge: 7, v6: 10 } as const;

export const linkAttribute = {
  address: 1,
  name: 3,
  mtu: 4,
  link: 5,
  master: 10,
  protocolInfo: 12,
  txQueueLength: 13,
  operationalState: 16,
  linkInfo: 18,
  alias: 20,
  statistics64: 23,
  familySpecific: 26,
  group: 27,
  namespaceDescriptor: 28,
  extendedMask: 29,
  promiscuity: 30,
  linkNamespaceId: 37,
  propertyList: 52,
  alternativeName: 53,
} as const;

export const ipv4Attribute = { parameters: 1 } as const;
/** Numbers of `net.ipv4.conf.LINK.*`, from linux/ip.h. */
export const ipv4Parameter = { arpNotify: 22 } as const;
export const linkInfoAttribute = { kind: 1, data: 2 } as const;
export const vethAttribute = { peer: 1 } as const;
export const bridgeAttribute = {
  forwardDelay: 1,
  ageingTime: 4,
  stp: 5,
  vlanFiltering: 7,
  multicastSnooping: 23,
  defaultVlan: 39,
} as const;
export const bridgePortAttribute = {
  hairpin: 4,
  guard: 5,
  learning: 8,
  unicastFlood: 9,
  proxyArp: 10,
  neighbourSuppress: 32,
  isolated: 33,
} as const;
export const bridgeVlanAttribute = { flags: 0, vlan: 2 } as const;
export const vxlanAttribute = {
  id: 1,
  link: 3,
  local: 4,
  ttl: 5,
  learning: 7,
  port: 15,
  local6: 17,
  udpChecksum: 18,
} as const;

export const addressAttribute = { address: 1, local: 2, label: 3, broadcast: 4, flags: 8 } as const;

export const routeAttribute = {
  destination: 1,
  source: 2,
  incomingLink: 3,
  outgoingLink: 4,
  gateway: 5,
  priority: 6,
  preferredSource: 7,
  metrics: 8,
  table: 15,
} as const;
export const routeMetric = { mtu: 2, advertisedMss: 8 } as const;

export const neighbourAttribute = { destination: 1, hardwareAddress: 2, vlan: 5, port: 6, vni: 7, master: 9 } as const;
