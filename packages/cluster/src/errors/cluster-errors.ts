/** The errors that this package throws on purpose. What clients of the cluster get are `Status` answers. */
import { defineErrors } from '@kubewright/core';

export const clusterErrors = defineErrors('CLUSTER', {
  DATA_DIRECTORY_IN_USE: (d: { path: string; pid: number }) =>
    `the data directory '${d.path}' is in use by process ${d.pid}: stop that process or choose another directory`,
  DATA_DIRECTORY_UNUSABLE: (d: { path: string; problem: string; fix: string }) =>
    `the data directory cannot be used: '${d.path}' ${d.problem}: ${d.fix}`,
  CREDENTIALS_INVALID: (d: { path: string; problem: string }) =>
    `the cluster's credentials in '${d.path}' cannot be read: ${d.problem}; restore the file, or remove it to get new credentials (kubeconfigs made before stop working)`,
  KUBECONFIG_NOT_WRITTEN: (d: { path: string; reason: string }) =>
    `the kubeconfig '${d.path}' cannot be written: ${d.reason}; choose another path`,
  PORT_IN_USE: (d: { address: string; port: number }) =>
    `port ${d.port} of ${d.address} is in use by another program: stop it, or choose another port (0 takes a free one)`,
  LISTEN_FAILED: (d: { address: string; port: number; reason: string }) =>
    `the API server cannot listen on ${d.address} port ${d.port}: ${d.reason}; choose another address or port`,
  NOT_LISTENING: (d: { wanted: string }) =>
    `the cluster has no ${d.wanted}, because it serves inside the process only: start it with 'listen'`,
  NOT_SERVING: () => 'the cluster does not serve yet: await start() first',
  DIRECTORY_REQUIRED: () => "storage 'sqlite' needs a directory: pass 'dataDirectory', or choose storage 'memory'",
  INVALID_NODES: (d: { value: number }) => `a cluster cannot have ${d.value} simulated nodes: use 0 to 256`,
  NODE_NOT_REGISTERED: (d: { node: string }) => `the simulated node '${d.node}' could not be registered: see the cause`,
  EVENTUALLY: (d: { milliseconds: number; reason: string }) =>
    `the expectation was not met within ${d.milliseconds} ms: ${d.reason}`,
});
