import type { DeepReadonly } from '@kubewright/api';
import type { Deployment } from '@kubewright/api/apps/v1';
import type { Service } from '@kubewright/api/core/v1';
import type { Website } from './website.js';

type ReadonlyWebsite = DeepReadonly<Website>;

function labelsFor(site: ReadonlyWebsite): Record<string, string> {
  return { 'app.kubernetes.io/name': 'website', 'app.kubernetes.io/instance': site.metadata.name ?? '' };
}

function metadataFor(site: ReadonlyWebsite): { name: string; namespace: string; labels: Record<string, string> } {
  return { name: site.metadata.name ?? '', namespace: site.metadata.namespace ?? '', labels: labelsFor(site) };
}

/** What serves a website: a server whose pods clone the repository when they start. */
export function deploymentFor(site: ReadonlyWebsite): Deployment {
  const content = { name: 'content', mountPath: '/usr/share/nginx/html' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataFor(site),
    spec: {
      replicas: site.spec.replicas,
      selector: { matchLabels: labelsFor(site) },
      template: {
        metadata: { labels: labelsFor(site) },
        spec: {
          initContainers: [
            {
              name: 'clone',
              image: 'alpine/git:latest',
              args: ['clone', site.spec.repository, '/content'],
              volumeMounts: [{ name: 'content', mountPath: '/content' }],
            },
          ],
          containers: [
            {
              name: 'web',
              image: 'nginx:stable',
              ports: [{ name: 'http', containerPort: 80 }],
              volumeMounts: [{ ...content, readOnly: true }],
            },
          ],
          volumes: [{ name: 'content', emptyDir: {} }],
        },
      },
    },
  };
}

export function serviceFor(site: ReadonlyWebsite): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataFor(site),
    spec: { selector: labelsFor(site), ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
}
