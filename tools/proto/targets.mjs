// Which fact table becomes which .proto file of which package, what the file's head says about it, and which of its fields
// carry secrets. A package may also keep .proto files of its own beside the generated ones; both are compiled.

/** A field of CSI that the specification marks as secret: every map named `secrets`. */
const csiSecret = (_message, field) => field.name === 'secrets';

/** Registry credentials, and the values of a container's environment, which often come from Secrets. */
const criSecret = (message, field) =>
  (message === 'AuthConfig' && ['password', 'auth', 'identity_token', 'registry_token'].includes(field.name)) ||
  (message === 'KeyValue' && field.name === 'value');

export const targets = {
  grpc: [
    {
      facts: 'pluginregistration-v1.json',
      file: 'pluginregistration/v1/pluginregistration.proto',
      about: "How the kubelet's plugin watcher learns what a socket in its plugin directory serves.",
    },
  ],
  'csi-sdk': [
    {
      facts: 'csi-v1.12.json',
      file: 'csi/v1/csi.proto',
      about: 'The Container Storage Interface, version 1.12.',
      secret: csiSecret,
    },
  ],
  'cri-sdk': [
    {
      facts: 'cri-v1-1.37.json',
      file: 'runtime/v1/cri.proto',
      about: 'The Container Runtime Interface as of Kubernetes 1.37; wire compatible with 1.36.',
      secret: criSecret,
    },
  ],
  'device-sdk': [
    {
      facts: 'deviceplugin-v1beta1.json',
      file: 'deviceplugin/v1beta1/deviceplugin.proto',
      about: 'Device plugins of the kubelet, version v1beta1 (the only one).',
    },
    {
      facts: 'dra-v1.json',
      file: 'dra/v1/dra.proto',
      about: 'Dynamic resource allocation: the kubelet side of a driver, version v1.',
    },
    {
      facts: 'dra-v1beta1.json',
      file: 'dra/v1beta1/dra.proto',
      about: 'Dynamic resource allocation: the kubelet side of a driver, version v1beta1.',
    },
    {
      facts: 'dra-health-v1alpha1.json',
      file: 'dra/health/v1alpha1/health.proto',
      about: "Dynamic resource allocation: the health of a node's devices.",
    },
    {
      facts: 'podresources-v1.json',
      file: 'podresources/v1/podresources.proto',
      about: 'What the kubelet tells about the devices, CPUs and memory that its pods hold.',
    },
  ],
};
