/**
 * For testing controllers that extend the stock ones.
 *
 * @packageDocumentation
 */
export { SimulatedRollout } from './simulated-rollout.js';
