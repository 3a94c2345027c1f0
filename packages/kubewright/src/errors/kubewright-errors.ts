/** The errors that the facade throws on purpose. */
import { defineErrors } from '@kubewright/core';

export const kubewrightErrors = defineErrors('KUBEWRIGHT', {
  NOT_CONNECTED: () =>
    'no cluster was named: call connect(kubeconfig()), connect(inCluster()) or connect(embedded()) before start()',
  ALREADY_CONNECTED: (d: { first: string; second: string }) =>
    `a program has one cluster, and connect('${d.second}') comes after connect('${d.first}'): call connect() once`,
  HEALTH_PORT: (d: { port: number; reason: string }) =>
    `the health server cannot listen on port ${d.port}: ${d.reason}; choose another port in 'health'`,
  EMBEDDED_NOT_INSTALLED: () =>
    "embedded() needs the package '@kubewright/cluster', which brings the API server: npm install --save-dev @kubewright/cluster, or connect to a cluster that is there",
});
