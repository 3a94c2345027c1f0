/**
 * The driver as a program: `killed-driver.js ROOT SOCKET [POINT]`. It says `ready` when it serves, and kills itself the
 * way an operator or the kernel would when it passes the point.
 */
import { SystemClock, SystemRandom, noMetrics, silentLogger } from '@kubewright/core';
import { HostPathDriver } from '@kubewright/storage';

const [root = '', socket = '', killAt] = process.argv.slice(2);
const faults = {
  reach: (point: string): void => {
    if (point === killAt) process.kill(process.pid, 'SIGKILL');
  },
};
const driver = new HostPathDriver(new SystemClock(), silentLogger, noMetrics, new SystemRandom(), {
  root,
  nodeId: 'node-1',
  faults,
});
await driver.serve(socket);
process.stdout.write('ready\n');
