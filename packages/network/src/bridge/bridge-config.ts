/**
 * The bridge plugin: pods of a machine share a Linux bridge, which can be their gateway. Addresses come from an IPAM plugin that
 * is called on the way.
 */
import { IsArray, IsBoolean, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { PairConfig } from '../pod/pair-config.js';

/** VLANs that pass a port with their tags: one, and those from `minID` to `maxID`. */
export interface VlanTrunk {
  readonly minID?: number;
  readonly maxID?: number;
  readonly id?: number;
}

const greatestVlan = 4094;

/** Configuration of the bridge plugin, with the keys and defaults of the reference plugin of this name. */
export class BridgeConfig extends PairConfig {
  /** Name of the bridge; it is made if it is missing. */
  @IsOptional()
  @Matches(/^[^/:\s]{1,15}$/)
  bridge = 'cni0';

  /** The bridge gets the gateway's address. */
  @IsOptional()
  @IsBoolean()
  isGateway = false;

  /** As `isGateway`, and pods get a default route through it. */
  @IsOptional()
  @IsBoolean()
  isDefaultGateway = false;

  /** Replaces another address of the same network that the bridge has. */
  @IsOptional()
  @IsBoolean()
  forceAddress = false;

  /** A pod reaches itself through the bridge, as by its own service's address. */
  @IsOptional()
  @IsBoolean()
  hairpinMode = false;

  @IsOptional()
  @IsBoolean()
  promiscMode = false;

  /** VLAN of the pod's frames; 0 for none. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(greatestVlan)
  vlan = 0;

  @IsOptional()
  @IsArray()
  vlanTrunk: readonly VlanTrunk[] = [];

  /** The bridge's default VLAN stays on ports that have VLANs of their own. */
  @IsOptional()
  @IsBoolean()
  preserveDefaultVlan = true;

  /** Pods of the bridge cannot speak with each other. */
  @IsOptional()
  @IsBoolean()
  portIsolation = false;

  /** IPv6 looks for duplicates of an address before it is used. */
  @IsOptional()
  @IsBoolean()
  enabledad = false;

  /** The pod's end stays down, for somebody else to set up: it gets no addresses. */
  @IsOptional()
  @IsBoolean()
  disableContainerInterface = false;

  /** Refused: frames with a forged source are not filtered. */
  @IsOptional()
  @IsBoolean()
  macspoofchk = false;

  @IsOptional()
  @IsString()
  mac?: string;
}
