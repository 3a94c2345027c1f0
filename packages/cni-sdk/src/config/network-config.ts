import 'reflect-metadata';
import { IsObject, IsOptional, IsString } from 'class-validator';
import type { CniDns } from '../result/result.js';

/** What every plugin's configuration has. Extend it with a plugin's own fields. */
export class NetworkConfig {
  @IsOptional()
  @IsString()
  cniVersion = '0.1.0';

  @IsString()
  name!: string;

  @IsString()
  type!: string;

  @IsOptional()
  @IsObject()
  dns?: CniDns;

  /** Who gives out addresses. Its other keys are for that plugin. */
  @IsOptional()
  @IsObject()
  ipam?: IpamConfig;

  /** What a runtime hands over of the capabilities that the configuration declares. */
  @IsOptional()
  @IsObject()
  runtimeConfig?: RuntimeConfig;

  @IsOptional()
  @IsObject()
  args?: { readonly cni?: Readonly<Record<string, unknown>>; readonly [area: string]: unknown };
}

export interface IpamConfig {
  readonly type?: string;
  readonly [key: string]: unknown;
}

/** The capabilities by convention; others pass through. */
export interface RuntimeConfig {
  readonly portMappings?: readonly PortMapping[];
  readonly ipRanges?: readonly (readonly {
    readonly subnet: string;
    readonly rangeStart?: string;
    readonly rangeEnd?: string;
    readonly gateway?: string;
  }[])[];
  /** Bits per second, and bits. */
  readonly bandwidth?: {
    readonly ingressRate?: number;
    readonly ingressBurst?: number;
    readonly egressRate?: number;
    readonly egressBurst?: number;
  };
  readonly dns?: {
    readonly servers?: readonly string[];
    readonly searches?: readonly string[];
    readonly options?: readonly string[];
  };
  readonly ips?: readonly string[];
  readonly mac?: string;
  readonly infinibandGUID?: string;
  readonly deviceID?: string;
  readonly aliases?: readonly string[];
  readonly cgroupPath?: string;
  readonly [capability: string]: unknown;
}

export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: string;
  readonly hostIP?: string;
}

/** A container's interface that still exists, as GC is told. */
export interface ValidAttachment {
  readonly containerID: string;
  readonly ifname: string;
}
