import type { FuzzTarget } from './target.js';
import { apiServerTarget } from './targets/api-server.js';

/** Every fuzzer there is. */
export const targets: readonly FuzzTarget[] = [apiServerTarget];
