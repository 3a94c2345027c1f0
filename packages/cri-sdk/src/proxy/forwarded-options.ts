/**
 * Standing between a kubelet and a runtime: everything is forwarded, and a subclass changes single calls. Neighbours:
 * `client` carries the calls. What streams through URLs (exec, attach, port-forward) goes past the proxy, unless a subclass
 * answers a URL of its own.
 */
import type { Clock } from '@kubewright/core';
import type { CallContext, CallOptions } from '@kubewright/grpc';

/** A caller without a deadline waits as long as it likes: a day stands for that. */
const noDeadline = 86_400_000;

/** The options of a call that is passed on: cancelled with the caller's, and given what is left of the caller's time. */
export function forwardedOptions(clock: Clock, { signal, deadline }: CallContext): CallOptions {
  return { signal, deadline: deadline === undefined ? noDeadline : Math.max(deadline - clock.now(), 1) };
}
