/** Networks of pods. Neighbours: `sandboxes` makes the namespace before, and removes it after. */
import { Quantity } from '@kubewright/api';
import type { PodSandboxConfig } from '@kubewright/cri-sdk/v1';
import { invalidArgument } from '@kubewright/grpc';

/** What a pod may receive and send, as CNI plugins take it: bits per second, and bits at once. */
export interface PodBandwidth {
  readonly ingressRate?: number;
  readonly ingressBurst?: number;
  readonly egressRate?: number;
  readonly egressBurst?: number;
}

const directions = ['ingress', 'egress'] as const;
/** Kubernetes takes rates from 1k to 1P for reasonable. */
const [least, most] = [Quantity.of(1_000n), Quantity.of(1_000_000_000_000_000n)];
/** What containerd and CRI-O give: the greatest that plugins in Go can count in 32 bits. */
const burst = 0xffff_ffff;

/**
 * The limits that the annotations `kubernetes.io/ingress-bandwidth` and `kubernetes.io/egress-bandwidth` ask for; undefined
 * where there are none.
 *
 * @throws INVALID_ARGUMENT
 */
export function podBandwidth({ annotations }: PodSandboxConfig): PodBandwidth | undefined {
  const limits = directions.flatMap((direction) => {
    const name = `kubernetes.io/${direction}-bandwidth`;
    const text = annotations[name];
    if (text === undefined) return [];
    return [
      [`${direction}Rate`, rateOf(text, `config.annotations[${name}]`)] as const,
      [`${direction}Burst`, burst] as const,
    ];
  });
  return limits.length === 0 ? undefined : Object.fromEntries(limits);
}

function rateOf(text: string, field: string): number {
  const rate = parsed(text);
  if (rate === undefined) throw invalidArgument({ field, reason: `is no quantity: '${text}'; write it as 10M` });
  if (rate.compare(least) < 0 || rate.compare(most) > 0)
    throw invalidArgument({ field, reason: `must be from 1k to 1P bits per second: '${text}'` });
  return Number(rate.value());
}

function parsed(text: string): Quantity | undefined {
  try {
    return Quantity.parse(text);
  } catch {
    return undefined;
  }
}
