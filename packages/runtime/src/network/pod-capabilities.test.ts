import { create } from '@bufbuild/protobuf';
import { PodSandboxConfigSchema, Protocol } from '@kubewright/cri-sdk/v1';
import { Code } from '@kubewright/grpc';
import { describe, expect, it } from 'vitest';
import { podBandwidth } from './bandwidth.js';
import { podCapabilities } from './pod-capabilities.js';

const limited = (ingress: string) =>
  create(PodSandboxConfigSchema, { annotations: { 'kubernetes.io/ingress-bandwidth': ingress } });

describe('podCapabilities', () => {
  it('has what a pod asks for: ports, bandwidth, names, group and annotations', () => {
    const annotations = { 'kubernetes.io/ingress-bandwidth': '10M', 'kubernetes.io/egress-bandwidth': '1.5Gi' };
    const config = create(PodSandboxConfigSchema, {
      annotations,
      portMappings: [
        { hostPort: 80, containerPort: 8080, protocol: Protocol.UDP, hostIp: '127.0.0.1' },
        { containerPort: 1 },
      ],
      dnsConfig: { servers: ['10.0.0.10'], searches: ['a.b'], options: ['ndots:5'] },
      linux: { cgroupParent: '/pods/one' },
    });
    expect(podCapabilities(config, podBandwidth(config))).toEqual({
      portMappings: [{ hostPort: 80, containerPort: 8080, protocol: 'udp', hostIP: '127.0.0.1' }],
      'io.kubernetes.cri.pod-annotations': annotations,
      bandwidth: {
        ingressRate: 10_000_000,
        ingressBurst: 0xffffffff,
        egressRate: 1_610_612_736,
        egressBurst: 0xffffffff,
      },
      dns: { servers: ['10.0.0.10'], searches: ['a.b'], options: ['ndots:5'] },
      cgroupPath: '/pods/one',
    });
  });

  it('limits only the direction that is named', () => {
    expect(podBandwidth(limited('1P'))).toEqual({ ingressRate: 1e15, ingressBurst: 0xffffffff });
    expect(podBandwidth(limited('1k'))).toMatchObject({ ingressRate: 1_000 });
    const none = create(PodSandboxConfigSchema);
    expect(podCapabilities(none, podBandwidth(none))).not.toHaveProperty('bandwidth');
  });

  it.each(['', 'fast', '10Mbit', '999', '0', '-1M', '1001T', '1E'])('refuses a limit of %o', (text) => {
    expect(() => podBandwidth(limited(text))).toThrow(expect.objectContaining({ status: Code.INVALID_ARGUMENT }));
    expect(() => podBandwidth(limited(text))).toThrow('config.annotations[kubernetes.io/ingress-bandwidth]');
  });
});
