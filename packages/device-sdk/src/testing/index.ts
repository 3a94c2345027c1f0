/**
 * For tests of device plugins and DRA drivers.
 *
 * @packageDocumentation
 */
export { FakeKubelet } from './fake-kubelet.js';
