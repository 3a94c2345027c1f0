import { token } from '@kubewright/core';
import type { Clock, Token } from '@kubewright/core';
import type { CallContext, CallOptions } from '@kubewright/grpc';
import type { CriClient } from '../client/cri-client.js';

/** The runtime that a proxy forwards to. Who binds the client closes it. */
export const Upstream: Token<CriClient> = token('@kubewright/cri-sdk/Upstream');

/** A caller without a deadline waits as long as it likes: a day stands for that. */
const noDeadline = 86_400_000;

/** The options of a call that is passed on: cancelled with the caller's, and given what is left of the caller's time. */
export function forwardedOptions(clock: Clock, { signal, deadline }: CallContext): CallOptions {
  return { signal, deadline: deadline === undefined ? noDeadline : Math.max(deadline - clock.now(), 1) };
}
