/** The operator's kind, as somebody sees it who has only the server. */
import type { Kind, KubeObject } from '@kubewright/api';

export interface Website extends KubeObject {
  readonly spec: { readonly repository: string; readonly replicas: number };
}

export const Website: Kind<Website> = {
  group: 'web.example.com',
  version: 'v1',
  kind: 'Website',
  plural: 'websites',
  singular: 'website',
  scope: 'Namespaced',
  shortNames: [],
  categories: [],
};

export const websiteSpec: Website['spec'] = { repository: 'https://git.example.com/jane/blog.git', replicas: 1 };
