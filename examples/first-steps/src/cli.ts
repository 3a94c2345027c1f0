/** `kubewright.config.ts` of a project: `npx kubewright up` starts a cluster that has these plugins. */
import { defineConfig } from '@kubewright/core/config';
import { OwnerLabel } from './apiserver.js';

export default defineConfig({ plugins: [OwnerLabel] });
