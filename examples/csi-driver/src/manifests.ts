/** Prints what a cluster needs to run the driver: `node dist/manifests.js | kubectl apply --server-side -f -` */
import { SystemClock, noMetrics, silentLogger } from '@kubewright/core';
import { csiManifests, toYaml } from '@kubewright/csi-sidecars/manifests';
import { SharedDirectoryDriver } from './shared-directory-driver.js';

const driver = new SharedDirectoryDriver(new SystemClock(), silentLogger, noMetrics);
const mountPath = '/mnt/files';
const storage = {
  env: [{ name: 'VOLUMES_DIRECTORY', value: mountPath }],
  volumes: [{ name: 'files', nfs: { server: 'nfs.example.com', path: '/files' } }],
  volumeMounts: [{ name: 'files', mountPath }],
};
const objects = csiManifests(driver, {
  image: 'example.com/files-driver:1.0.0',
  sidecars: ['provisioner'],
  node: { command: ['node', 'dist/main.js'], livenessPort: 9808, ...storage },
  controller: { command: ['node', 'dist/controller.js'], replicas: 2, ...storage },
});
process.stdout.write(toYaml(objects));
