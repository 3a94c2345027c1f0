import { level } from '@kubewright/core';
import type { Level } from '@kubewright/core';

/** Where what works on one cluster through its API lives: controllers, and later what schedules and runs Pods. */
export const clusterLevel: Level = level('@kubewright/controller/cluster');
