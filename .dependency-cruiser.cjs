/**
 * The floors of the design as import rules: a package imports only from floors below its own, and another package only
 * through its public entries. Cycles, undeclared and development-only dependencies in shipped source are errors too.
 */
const floors = [
  ['core'],
  ['api', 'grpc', 'linux', 'pki', 'http', 'opentelemetry'],
  ['informer'],
  ['controller'],
  ['controllers', 'scheduler', 'apiserver', 'node', 'cri-sdk', 'cni-sdk', 'csi-sdk', 'device-sdk'],
  ['csi-sidecars', 'runtime', 'network', 'storage', 'kubelet', 'proxy', 'dns', 'metrics', 'ingress'],
  ['cluster', 'dashboard'],
  ['kubewright', 'create-kubewright', 'cni-sanity'],
  ['cli'],
];
/** Neighbours on one floor may not see each other, and `cni-sdk` needs only `core` and `linux` below it. */
const upward = floors.flatMap((packages, floor) =>
  packages.map((name) => {
    const below = floors.slice(0, floor).flat();
    const allowed = name === 'cni-sdk' ? ['core', 'linux'] : below;
    return {
      name: `floor-${name}`,
      severity: 'error',
      comment: `${name} (floor ${floor + 1}) may import only from floors below it: ${allowed.join(', ') || 'nothing'}`,
      from: { path: `^packages/${name}/src/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
    };
  }),
);

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'no-workspace-above',
      severity: 'error',
      from: { path: '^packages/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(examples|tests|bench|conformance|tools)/' },
    },
    {
      name: 'only-public-entries',
      severity: 'error',
      comment: 'another package is reached through its exports, never by a path into it',
      from: { path: '^(?:packages|examples|tests)/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      comment: 'imports of types count, and so does what is loaded when it is called',
      to: { circular: true },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared',
      severity: 'error',
      from: { path: '/src/', pathNot: '\\.test\\.ts$' },
      // An optional peer is a development dependency as well, for the tests.
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'], dependencyTypesNot: ['npm-peer'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|generated)/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@kubewright/source', 'import', 'types', 'default'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.json'],
    },
  },
};
