import { cniMain } from '@kubewright/cni-sdk';
import { LabelPlugin } from './label-plugin.js';

await cniMain(new LabelPlugin());
