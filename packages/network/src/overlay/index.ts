/**
 * The overlay across machines. It has an entry of its own, as it brings the controller framework with it, which a daemon that
 * serves the plugins alone does not need.
 *
 * @packageDocumentation
 */
export { overlay } from './overlay.js';
export type { OverlayOptions } from './overlay.js';
export { OverlayController, OverlaySettings } from './overlay-controller.js';
export { VxlanOverlay } from './vxlan-overlay.js';
export type { OverlayOutcome, VxlanOptions } from './vxlan-overlay.js';
export { overlayMtu, overlayNode, planOverlay } from './plan.js';
export type { OverlayNode, OverlayPlan } from './plan.js';
