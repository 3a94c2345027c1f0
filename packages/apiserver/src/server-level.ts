import { level } from '@kubewright/core';
import type { Level } from '@kubewright/core';

/** Where the extension points of the API server live: in the host whose parts answer its requests. */
export const serverLevel: Level = level('@kubewright/apiserver/server');
