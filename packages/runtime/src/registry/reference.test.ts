import { describe, expect, it } from 'vitest';
import { parseChallenges } from './credentials.js';
import { endpointsOf } from './endpoints.js';
import { parseReference, referenceText } from './reference.js';

const digest = `sha256:${'a'.repeat(64)}`;

describe('parseReference', () => {
  it.each([
    ['busybox', 'docker.io/library/busybox:latest'],
    ['user/app:1', 'docker.io/user/app:1'],
    ['registry.k8s.io/pause:3.9', 'registry.k8s.io/pause:3.9'],
    ['localhost/app', 'localhost/app:latest'],
    ['127.0.0.1:5000/a/b__c:V1', '127.0.0.1:5000/a/b__c:V1'],
    ['[::1]:5000/a', '[::1]:5000/a:latest'],
    [`ghcr.io/a/b@${digest}`, `ghcr.io/a/b@${digest}`],
    [`ghcr.io/a/b:1@${digest}`, `ghcr.io/a/b:1@${digest}`],
  ])('%s is %s', (text, full) => {
    expect(referenceText(parseReference(text))).toBe(full);
  });

  it.each(['', 'UPPER', 'a b', 'host.io/', 'a/../b', 'a:b:c', 'a@sha256:1', '-a', `${'a/'.repeat(600)}a`])(
    'refuses %j',
    (text) => {
      expect(() => parseReference(text)).toThrow(/names no image/);
    },
  );
});

describe('endpointsOf', () => {
  it('are the mirrors, then the registry', () => {
    const mirrors = { 'docker.io': ['https://m.example/'], '*': ['https://any.example'] };
    expect(endpointsOf('docker.io', mirrors)).toEqual([
      { url: 'https://m.example', own: false },
      { url: 'https://registry-1.docker.io', own: true },
    ]);
    expect(endpointsOf('127.0.0.1:5000', mirrors).map(({ url }) => url)).toEqual([
      'https://any.example',
      'http://127.0.0.1:5000',
    ]);
  });
});

describe('parseChallenges', () => {
  it('prefers Bearer, with its parameters', () => {
    const header = 'Basic realm="x, y", Bearer realm="https://a/t",service=s,scope="repository:a:pull,push"';
    expect(parseChallenges(header)).toEqual({
      scheme: 'bearer',
      parameters: { realm: 'https://a/t', service: 's', scope: 'repository:a:pull,push' },
    });
    expect(parseChallenges('Digest x="y"')).toBeUndefined();
  });
});
