import { CniError, NetworkConfig } from '@kubewright/cni-sdk';
import type { AttachmentRequest } from '@kubewright/cni-sdk';
import { parseMac, sysctlPath } from '@kubewright/linux';
import type { LinkSettings } from '@kubewright/linux';
import { IsBoolean, IsInt, IsObject, IsOptional, IsString, Min, validateSync } from 'class-validator';
import { attempt } from '../config/values.js';

/** Configuration of the tuning plugin, with the keys of the reference plugin of this name; `args.cni` may have the same. */
export class TuningConfig extends NetworkConfig {
  /** Parameters below `net`; in a name, `IFNAME` stands for the interface. */
  @IsOptional()
  @IsObject()
  sysctl: Readonly<Record<string, string | number>> = {};

  @IsOptional()
  @IsString()
  mac?: string;

  @IsOptional()
  @IsInt()
  @Min(0)
  mtu = 0;

  @IsOptional()
  @IsBoolean()
  promisc?: boolean;

  @IsOptional()
  @IsBoolean()
  allmulti?: boolean;

  @IsOptional()
  @IsInt()
  @Min(0)
  txQLen?: number;
}

/** What is set of an interface. */
export type LinkTuning = Readonly<Pick<LinkSettings, 'mac' | 'mtu' | 'promiscuous' | 'allMulticast' | 'txQueueLength'>>;

const tunable = ['sysctl', 'mac', 'promisc', 'mtu', 'allmulti', 'txQLen'];

/** The configuration as one pod has it: its own arguments come first. @throws CniError 7 that names a wrong one. */
export function effectiveConfig({ config, arguments: values }: AttachmentRequest<TuningConfig>): TuningConfig {
  const given = config.args?.cni ?? {};
  const mac = config.runtimeConfig?.mac ?? values.get('MAC') ?? config.mac;
  const own = Object.entries(given).filter(([key, value]) => tunable.includes(key) && value !== null);
  const effective: TuningConfig = Object.assign(new TuningConfig(), config, { mac }, Object.fromEntries(own), {
    sysctl: Object.assign({}, config.sysctl, given['sysctl']),
  });
  const [wrong] = own.length === 0 ? [] : validateSync(effective);
  if (wrong === undefined) return effective;
  throw CniError.invalidConfig(`args.cni.${wrong.property}`, Object.values(wrong.constraints ?? {}).join(', '));
}

/** Names and values of kernel parameters. @throws CniError 7 for one outside of `net`: those would be the machine's. */
export function kernelParameters({ sysctl }: TuningConfig, ifName: string): Record<string, string> {
  const entries = Object.entries(sysctl).map(([written, value]) => {
    const slashes = written.includes('/') ? written : written.replaceAll('.', '/');
    const name = slashes.replaceAll('IFNAME', ifName);
    const path = attempt(`sysctl['${written}']`, () => sysctlPath(name));
    if (!path.startsWith('/proc/sys/net/')) {
      throw CniError.invalidConfig(`sysctl['${written}']`, "must be below 'net': others belong to the whole machine");
    }
    return [name, String(value)] as const;
  });
  return Object.fromEntries(entries);
}

/** @throws CniError 7 for what is no hardware address. */
export function linkTuning({ mac, mtu, promisc, allmulti, txQLen }: TuningConfig): LinkTuning {
  if (mac !== undefined) attempt('mac', () => parseMac(mac));
  return {
    ...(mac === undefined ? {} : { mac }),
    ...(mtu === 0 ? {} : { mtu }),
    ...(promisc === undefined ? {} : { promiscuous: promisc }),
    ...(allmulti === undefined ? {} : { allMulticast: allmulti }),
    ...(txQLen === undefined ? {} : { txQueueLength: txQLen }),
  };
}
