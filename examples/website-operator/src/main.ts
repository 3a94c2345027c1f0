/** The operator as a program of its own: on the cluster of the current kubeconfig, or of `kubewright dev`. */
import { Kubewright, embedded } from 'kubewright';
import { InMemoryHosting } from './hosting-api.js';
import { WebsiteController } from './website.controller.js';

await new Kubewright().connect(embedded()).use([InMemoryHosting, WebsiteController]).start();
