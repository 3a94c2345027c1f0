import type { CommandCase } from './command-case.js';

const definition = 'websites.web.example.com';

/** The same verbs on a kind that a CustomResourceDefinition brought. Its operator is not running here: nobody writes a status. */
export const customResourceCases: readonly CommandCase[] = [
  { run: 'create -f website-crd.yaml', out: [`customresourcedefinition.apiextensions.k8s.io/${definition} created`] },
  { run: `wait --for=condition=Established crd/${definition} --timeout=10s`, out: ['condition met'] },
  {
    run: 'api-resources --api-group=web.example.com',
    out: [/websites +ws +web.example.com(\/v1)? +true +Website/],
    eventually: true,
  },
  { run: 'explain website.spec.replicas', out: [/FIELD: +replicas <integer>/], eventually: true },
  { run: 'apply -f website.yaml', out: ['website.web.example.com/blog created'] },
  { run: 'apply -f website.yaml', out: ['website.web.example.com/blog unchanged'] },
  { run: 'get ws', out: [/NAME +WANTED +AGE\nblog +2 +\d+s/] },
  { run: 'get ws -o wide', out: [/NAME +WANTED +REPOSITORY +AGE\nblog +2 +https:\/\/git.example.com\/jane\/blog.git/] },
  { run: 'get website blog -o yaml', out: ['repository: https://git.example.com/jane/blog.git', 'theme: light'] },
  { run: 'get ws -o jsonpath={.items[0].spec.theme}', out: [/^light$/] },
  { run: 'describe ws blog', out: [/Replicas: +2/, /Kind: +Website/] },
  { run: `patch ws blog --type=merge -p '{"spec":{"replicas":3}}'`, out: ['website.web.example.com/blog patched'] },
  {
    run: `patch ws blog --type=json -p '[{"op":"replace","path":"/spec/replicas","value":4}]'`,
    out: ['website.web.example.com/blog patched'],
  },
  {
    run: `patch ws blog --type=strategic -p '{"spec":{"replicas":5}}'`,
    exit: 1,
    err: [/the body of the request was in an unknown format|strategic merge patch/],
  },
  {
    run: `patch ws blog --type=merge -p '{"spec":{"replicas":99}}'`,
    exit: 1,
    err: [
      'The Website "blog" is invalid: spec.replicas: Invalid value: 99: spec.replicas in body should be less than or equal to 50',
    ],
  },
  {
    run: `patch ws blog --type=merge -p '{"spec":{"replicas":"two"}}'`,
    exit: 1,
    err: [/spec.replicas in body must be of type integer: "string"/],
  },
  {
    run: `patch ws blog --type=merge -p '{"spec":{"repository":null}}'`,
    exit: 1,
    err: ['spec.repository: Required value'],
  },
  { run: 'scale ws blog --replicas=6', out: ['website.web.example.com/blog scaled'] },
  { run: 'get ws blog -o jsonpath={.spec.replicas}', out: [/^6$/] },
  { run: 'label ws blog team=web', out: ['website.web.example.com/blog labeled'] },
  { run: 'annotate ws blog note=x', out: ['website.web.example.com/blog annotated'] },
  { run: 'get ws -l team=web -o name', out: ['website.web.example.com/blog'] },
  { run: 'edit ws blog', edit: 's/theme: light/theme: dark/', out: ['website.web.example.com/blog edited'] },
  { run: 'diff -f website.yaml', exit: 1, out: ['-  replicas: 6', '+  replicas: 2'] },
  {
    run: 'apply --server-side --force-conflicts -f website.yaml',
    out: ['website.web.example.com/blog serverside-applied'],
  },
  { run: 'get ws blog -o jsonpath={.spec.replicas}', out: [/^2$/] },
  { run: 'create -f website-wrong.yaml', exit: 1, err: [/unknown field "(spec\.)?colour"/] },
  { run: "wait --for=jsonpath='{.spec.replicas}'=2 ws/blog --timeout=10s", out: ['condition met'], since: 23 },
  { run: 'delete ws blog', out: [/website.web.example.com "blog" deleted/] },
  { run: 'get ws', err: ['No resources found in default namespace'] },
  { run: `delete crd ${definition} --timeout=30s`, out: [/deleted/] },
  {
    run: 'get ws',
    exit: 1,
    err: [/the server (could not find the requested resource|doesn't have a resource type "ws")/],
    eventually: true,
  },
];
