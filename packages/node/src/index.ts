/**
 * What a node agent and a simulated node share: what becomes of containers and Pods, and how their status tells it. Pure.
 *
 * @packageDocumentation
 */
export { stageOf } from './container/pod-stage.js';
export type { PodStage, StageInTime } from './container/pod-stage.js';
export { podStatus } from './pod/pod-status.js';
export type { PodPlace } from './pod/pod-status.js';
export { containerStatus, initContainerStatus, isSidecar } from './container/container-status.js';
export type { RuntimeNames, StatusContext } from './container/container-status.js';
export { isRestarted, restartDelay } from './container/restart.js';
