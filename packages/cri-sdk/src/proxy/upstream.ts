import { token } from '@kubewright/core';
import type { Token } from '@kubewright/core';
import type { CriClient } from '../client/cri-client.js';

/** The runtime that a proxy forwards to. Who binds the client closes it. */
export const Upstream: Token<CriClient> = token('@kubewright/cri-sdk/Upstream');
