/**
 * The host-path driver as a program: `killed-driver.js ROOT SOCKET PASSED`. It kills itself at every fault point whose name is
 * not in the file PASSED, where it is noted first. Started again and again, it is killed at every step in turn.
 */
import { SystemClock, SystemRandom, noMetrics, silentLogger } from '@kubewright/core';
import { HostPathDriver } from '@kubewright/storage';
import { PassedSteps } from './passed-steps.js';

const [root = '', endpoint = '', passedFile = ''] = process.argv.slice(2);
const passed = new PassedSteps(passedFile);
const faults = { reach: (point: string): void => passed.pass(point) };
const options = { root, nodeId: 'node-1', faults };
const driver = new HostPathDriver(new SystemClock(), silentLogger, noMetrics, new SystemRandom(), options);
await driver.serve(endpoint);
