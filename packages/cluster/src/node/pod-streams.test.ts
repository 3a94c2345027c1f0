import {
  contractRequest,
  describeRequestHandlerContract,
  describeUpgradeHandlerContract,
} from '@kubewright/apiserver/testing';
import { describe, it } from 'vitest';
import { SimulatedPodStreams } from './pod-streams.js';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'b' },
  spec: { nodeName: 'node-1', containers: [] },
} as const;
const streams = () =>
  new SimulatedPodStreams(
    () => pod,
    () => true,
  );
const request = (subresource: string) => () => contractRequest('GET', `/api/v1/namespaces/b/pods/a/${subresource}`);

describeRequestHandlerContract({ describe, it }, 'simulated logs', streams, request('log'));
describeUpgradeHandlerContract({ describe, it }, 'simulated exec', streams, request('exec'));
