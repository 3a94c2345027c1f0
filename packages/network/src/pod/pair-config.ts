import { NetworkConfig } from '@kubewright/cni-sdk';
import { IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';

const greatestMtu = 65_535;

/** What plugins have in common that connect a pod by a pair of interfaces, with the keys of the reference plugins. */
export class PairConfig extends NetworkConfig {
  /** What pods send out of their network gets the machine's address. */
  @IsOptional()
  @IsBoolean()
  ipMasq = false;

  /** Of both ends, in bytes. Default: 0, the kernel's own choice. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(greatestMtu)
  mtu = 0;
}
