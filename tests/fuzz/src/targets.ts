import type { FuzzTarget } from './target.js';
import { apiServerTarget } from './targets/api-server.js';
import { cniTarget } from './targets/cni.js';
import { criTarget } from './targets/cri.js';
import { csiCreateTarget } from './targets/csi-create.js';
import { csiTarget } from './targets/csi.js';
import { informerTarget } from './targets/informer.js';
import { layersTarget } from './targets/layers.js';
import { reconcileResultsTarget } from './targets/reconcile-results.js';
import { selectionsTarget } from './targets/selections.js';
import { textsTarget } from './targets/texts.js';

/** Every fuzzer there is. */
export const targets: readonly FuzzTarget[] = [
  apiServerTarget,
  cniTarget,
  criTarget,
  csiCreateTarget,
  csiTarget,
  informerTarget,
  layersTarget,
  reconcileResultsTarget,
  selectionsTarget,
  textsTarget,
];
