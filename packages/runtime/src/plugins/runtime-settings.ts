import { token } from '@kubewright/core';
import type { Token } from '@kubewright/core';
import type { ContainerRuntimeOptions } from '../assembly/options.js';

/** What the daemon is told. */
export interface RuntimeSettings extends Pick<ContainerRuntimeOptions, 'address' | 'control' | 'mirrors'> {
  readonly root: string;
  readonly state: string;
  /** The snapshotter by its name. Default: the first that is contributed. */
  readonly snapshotter?: string;
  /** The network by its name. Default: the first that is contributed. */
  readonly network?: string;
}

export const RuntimeSettings: Token<RuntimeSettings> = token('@kubewright/runtime/RuntimeSettings');
