import { CustomObject, CustomResource, IsInt, IsUrl, Max, Min } from 'kubewright';

export class WebsiteSpec {
  @IsUrl() repository!: string;
  @IsInt() @Min(0) @Max(50) replicas = 1;
}

export class WebsiteStatus {
  @IsInt() readyReplicas = 0;
}

@CustomResource({
  group: 'web.example.com',
  version: 'v1',
  kind: 'Website',
  shortNames: ['ws'],
  spec: WebsiteSpec,
  status: WebsiteStatus,
  scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.readyReplicas' },
  printerColumns: [
    { name: 'Wanted', type: 'integer', jsonPath: '.spec.replicas' },
    { name: 'Ready', type: 'integer', jsonPath: '.status.readyReplicas' },
    { name: 'Repository', type: 'string', jsonPath: '.spec.repository', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
})
export class Website extends CustomObject<WebsiteSpec, WebsiteStatus> {}
