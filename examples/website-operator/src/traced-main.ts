/** The operator as it may ship: its metrics for those whom the cluster allows, its spans for the process's OpenTelemetry. */
import { openTelemetry } from '@kubewright/opentelemetry';
import { Kubewright, inCluster } from 'kubewright';
import { InMemoryHosting } from './hosting-api.js';
import { WebsiteController } from './website.controller.js';

await new Kubewright({ health: { port: 8443 } })
  .connect(inCluster())
  .use([openTelemetry(), InMemoryHosting, WebsiteController])
  .start();
