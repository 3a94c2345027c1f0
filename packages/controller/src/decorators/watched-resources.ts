import type { Class } from '@kubewright/core';
import type { Resource } from '../custom-resource/custom-resource.js';
import { controllerOptionsOf } from './controller.js';
import { watchesOf } from './watches.js';

/** Every kind that a controller's decorators name. It lists and watches all of them, and gets single objects now and then. */
export function watchedResources(target: Class): readonly Resource[] {
  const { for: own, owns = [], reads = [] } = controllerOptionsOf(target) ?? {};
  const watched = watchesOf(target).flatMap((watch) => ('resource' in watch ? [watch.resource] : []));
  return [...(own === undefined ? [] : [own]), ...owns, ...reads, ...watched];
}
