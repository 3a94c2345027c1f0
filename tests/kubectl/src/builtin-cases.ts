import type { CommandCase } from './command-case.js';

/** Every verb on built-in kinds, in an order in which later rows use what earlier ones made. */
export const builtinCases: readonly CommandCase[] = [
  // Discovery
  { run: 'version -o json', out: ['"gitVersion": "v1.36'] },
  { run: 'api-resources', out: [/^NAME +SHORTNAMES +API ?(VERSION|GROUP)/, /deployments +deploy +apps/, /pods +po/] },
  { run: 'api-resources --api-group=apps -o name', out: ['deployments.apps', 'replicasets.apps'] },
  { run: 'api-versions', out: ['apps/v1', 'v1'] },
  { run: 'explain deployment.spec.replicas', out: [/FIELD: +replicas <integer>/], since: 20 },
  { run: 'explain pod.spec --recursive', out: ['containers', 'restartPolicy'] },
  {
    run: 'explain nonsense',
    exit: 1,
    err: [/the server doesn't have a resource type "nonsense"|couldn't find resource/],
  },
  // create
  { run: 'create deployment web --image=nginx:1 --replicas=2', out: ['deployment.apps/web created'] },
  { run: 'create deployment web --image=nginx:1', exit: 1, err: ['deployments.apps "web" already exists'] },
  {
    run: 'create configmap settings --from-literal=color=blue --from-literal=size=3',
    out: ['configmap/settings created'],
  },
  { run: 'create secret generic login --from-literal=password=hidden', out: ['secret/login created'] },
  { run: 'create namespace shop', out: ['namespace/shop created'] },
  { run: 'create serviceaccount robot', out: ['serviceaccount/robot created'] },
  { run: 'create -f service.yaml', out: ['service/web created'] },
  {
    run: 'create -f -',
    stdin: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"made-"}}',
    out: [/configmap\/made-[a-z0-9]{5} created/],
  },
  { run: 'create -f unknown-field.yaml', exit: 1, err: [/unknown field "(spec\.)?colour"/] },
  {
    run: 'create -f unknown-kind.yaml',
    exit: 1,
    err: [/no matches for kind "Spaceship" in version "example.com\/v1"/],
  },
  { run: 'create role reader --verb=get,list --resource=pods', out: ['role.rbac.authorization.k8s.io/reader created'] },
  {
    run: 'create rolebinding readers --role=reader --user=jane',
    out: ['rolebinding.rbac.authorization.k8s.io/readers created'],
  },
  { run: 'auth can-i list pods --as=jane', out: ['yes'] },
  { run: 'auth can-i delete pods --as=jane', exit: 1, out: ['no'] },
  {
    run: 'get pods --as=jane -n shop',
    exit: 1,
    err: ['pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "shop"'],
  },
  // wait and rollout
  { run: 'rollout status deployment/web --timeout=30s', out: ['deployment "web" successfully rolled out'] },
  { run: 'wait --for=condition=Available deployment/web --timeout=30s', out: ['deployment.apps/web condition met'] },
  // get
  { run: 'get deployments', out: [/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +\d+s/] },
  {
    run: 'get deploy web -o wide',
    out: [/NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR/, /nginx +nginx:1 +app=web/],
  },
  { run: 'get pods', out: [/^NAME +READY +STATUS +RESTARTS +AGE\n(web-\S+ +1\/1 +Running +0 +\d+s\n){2}/] },
  {
    run: 'get pods -o wide',
    out: [/NODE +NOMINATED NODE +READINESS GATES/, /Running +0 +\d+s +\d+\.\d+\.\d+\.\d+ +\S+ +<none> +<none>/],
  },
  { run: 'get pods -l app=web -o name', out: [/^(pod\/web-\S+\n){2}$/] },
  { run: 'get pods --field-selector=status.phase=Pending', err: [/No resources found in default namespace/] },
  { run: 'get rs', out: [/NAME +DESIRED +CURRENT +READY +AGE\nweb-\S+ +2 +2 +2/] },
  {
    run: 'get service web -o yaml',
    out: ['clusterIP: 10.96.', 'kind: Service', 'protocol: TCP', 'sessionAffinity: None'],
  },
  {
    run: 'get svc',
    out: [
      /NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE/,
      /kubernetes +ClusterIP +10\.96\.0\.1 +<none> +443\/TCP/,
    ],
  },
  { run: 'get configmap settings -o json', out: ['"color": "blue"', '"kind": "ConfigMap"'] },
  { run: 'get configmap settings -o jsonpath={.data.color}', out: [/^blue$/] },
  { run: "get pods -o jsonpath='{.items[*].status.phase}'", out: ['Running Running'] },
  { run: 'get deploy -o custom-columns=N:.metadata.name,R:.spec.replicas', out: [/N +R\nweb +2/] },
  { run: 'get nodes', out: [/NAME +STATUS +ROLES +AGE +VERSION\n\S+ +Ready/] },
  { run: 'get namespaces', out: [/default +Active/, /kube-system +Active/, /shop +Active/] },
  { run: 'get all', out: ['deployment.apps/web', 'service/web', /replicaset\.apps\/web-/, /pod\/web-/] },
  {
    run: 'get deployment nothing',
    exit: 1,
    err: ['Error from server (NotFound): deployments.apps "nothing" not found'],
  },
  { run: 'get spaceships', exit: 1, err: [/the server doesn't have a resource type "spaceships"/] },
  { run: 'get --raw /healthz', out: [/^ok/] },
  { run: 'get events', out: ['SuccessfulCreate', 'ScalingReplicaSet'] },
  // describe
  {
    run: 'describe deployment web',
    out: [
      /Name: +web/,
      /Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable/,
      'NewReplicaSetAvailable',
      'Scaled up replica set',
    ],
  },
  { run: 'describe pods', out: [/Status: +Running/, /Controlled By: +ReplicaSet\/web-/] },
  { run: 'describe service web', out: [/IP: +10\.96\./, /Port: +http +80\/TCP/] },
  { run: 'describe node', out: ['MemoryPressure', 'KubeletReady'] },
  { run: 'describe secret login', out: ['password:  6 bytes'], without: ['hidden'] },
  // label and annotate
  { run: 'label deployment web tier=front', out: ['deployment.apps/web labeled'] },
  { run: 'label deployment web tier=back', exit: 1, err: [/'tier' already has a value \(front\)/] },
  { run: 'label deployment web tier=back --overwrite', out: ['deployment.apps/web labeled'] },
  { run: "label deployment web 'tier=no spaces!' --overwrite", exit: 1, err: [/invalid label/i] },
  { run: 'get deploy -l tier=back -o name', out: [/^deployment.apps\/web\n$/] },
  { run: 'label deployment web tier-', out: [/deployment.apps\/web (labeled|unlabeled)/] },
  { run: 'annotate deployment web owner=jane', out: ['deployment.apps/web annotated'] },
  { run: 'get deploy web -o jsonpath={.metadata.annotations.owner}', out: [/^jane$/] },
  // patch
  {
    run: `patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"nginx","env":[{"name":"A","value":"1"}]}]}}}}'`,
    out: ['deployment.apps/web patched'],
  },
  {
    run: "get deploy web -o jsonpath='{.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[0].name}'",
    out: ['nginx:1 A'],
  },
  {
    run: `patch deployment web --type=merge -p '{"metadata":{"labels":{"merged":"yes"}}}'`,
    out: ['deployment.apps/web patched'],
  },
  {
    run: `patch deployment web --type=json -p '[{"op":"replace","path":"/spec/replicas","value":3}]'`,
    out: ['deployment.apps/web patched'],
  },
  {
    run: `patch deployment web --type=json -p '[{"op":"remove","path":"/spec/nothing"}]'`,
    exit: 1,
    err: [/the server rejected our request|Unable to remove|invalid/i],
  },
  {
    run: `patch deployment web -p '{"spec":{"replicas":-1}}'`,
    exit: 1,
    err: ['The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  },
  {
    run: `patch deployment web -p '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}'`,
    exit: 1,
    err: [/The Deployment "web" is invalid/, 'selector'],
  },
  // scale
  { run: 'scale deployment web --replicas=4', out: ['deployment.apps/web scaled'] },
  {
    run: 'scale deployment web --replicas=1 --current-replicas=9',
    exit: 1,
    err: [/[Ee]xpected replicas to be 9, was 4/],
  },
  { run: 'rollout status deployment/web --timeout=30s', out: ['successfully rolled out'] },
  { run: 'get deploy web -o jsonpath={.status.readyReplicas}', out: [/^4$/] },
  // rollouts
  { run: 'set image deployment/web nginx=nginx:2', out: ['deployment.apps/web image updated'] },
  { run: 'rollout status deployment/web --timeout=30s', out: ['successfully rolled out'] },
  { run: 'rollout history deployment/web', out: [/REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>\n3 +<none>/] },
  { run: 'rollout history deployment/web --revision=3', out: [/Image:\s+nginx:2/] },
  { run: 'rollout undo deployment/web', out: ['deployment.apps/web rolled back'] },
  { run: 'rollout status deployment/web --timeout=30s', out: ['successfully rolled out'] },
  { run: "get deploy web -o jsonpath='{.spec.template.spec.containers[0].image}'", out: [/^nginx:1$/] },
  {
    run: 'rollout undo deployment/web --to-revision=77',
    exit: 1,
    err: ['unable to find specified revision 77 in history'],
  },
  { run: 'rollout pause deployment/web', out: ['deployment.apps/web paused'] },
  { run: 'rollout resume deployment/web', out: ['deployment.apps/web resumed'] },
  { run: 'rollout restart deployment/web', out: ['deployment.apps/web restarted'] },
  { run: 'rollout status deployment/web --timeout=30s', out: ['successfully rolled out'] },
  // apply, client side
  { run: 'apply -f applied.yaml', out: ['configmap/applied created', 'deployment.apps/api created'] },
  { run: 'apply -f applied.yaml', out: ['configmap/applied unchanged', 'deployment.apps/api unchanged'] },
  { run: 'diff -f applied.yaml' },
  { run: 'diff -f applied-changed.yaml', exit: 1, out: ['-  level: low', '+  level: high'] },
  { run: 'apply -f applied-changed.yaml', out: ['configmap/applied configured', 'deployment.apps/api configured'] },
  { run: 'get configmap applied -o jsonpath={.data}', out: [/"level":"high"/], without: ['gone'] },
  { run: "get deploy api -o jsonpath='{.spec.template.spec.containers[*].name}'", out: [/^api$/] },
  { run: 'apply -f applied.yaml --dry-run=server', out: ['configmap/applied configured (server dry run)'] },
  { run: 'get configmap applied -o jsonpath={.data.level}', out: [/^high$/] },
  { run: 'apply -f invalid.yaml', exit: 1, err: [/The Deployment "broken" is invalid/, 'selector'] },
  // apply, server side
  { run: 'apply --server-side -f server-side.yaml', out: ['configmap/shared serverside-applied'] },
  {
    run: 'apply --server-side --field-manager=other -f server-side-other.yaml',
    exit: 1,
    err: [/Apply failed with 1 conflict: conflict with "kubectl".*: \.data\.a/],
  },
  {
    run: 'apply --server-side --field-manager=other --force-conflicts -f server-side-other.yaml',
    out: ['configmap/shared serverside-applied'],
  },
  { run: 'get configmap shared -o jsonpath={.data.a}', out: [/^other$/] },
  {
    run: 'diff --server-side --force-conflicts -f server-side.yaml',
    exit: 1,
    out: ['-  a: other', '+  a: one'],
    since: 30,
  },
  // edit
  { run: 'edit configmap settings', edit: 's/color: blue/color: green/', out: ['configmap/settings edited'] },
  { run: 'get configmap settings -o jsonpath={.data.color}', out: [/^green$/] },
  { run: 'edit configmap settings', edit: '', err: ['Edit cancelled, no changes made.'] },
  // replace and expose
  { run: 'replace -f replaced.yaml', out: ['configmap/applied replaced'] },
  { run: 'expose deployment api --port=8080', out: ['service/api exposed'] },
  // what simulated nodes cannot do
  { run: 'logs deployment/api', exit: 1, err: [/simulated/] },
  { run: 'exec deployment/api -- true', exit: 1, err: [/simulated|unable to upgrade connection|NotFound|BadRequest/] },
  // delete
  { run: 'delete service api', out: [/service "api" deleted/] },
  { run: 'delete deployment web --wait=true --timeout=30s', out: [/deployment.apps "web" deleted/] },
  { run: 'get pods -l app=web', err: ['No resources found'], eventually: true },
  { run: 'get rs -l app=web', err: ['No resources found'], eventually: true },
  {
    run: 'delete -f applied.yaml --timeout=30s',
    out: [/configmap "applied" deleted/, /deployment.apps "api" deleted/],
  },
  { run: 'delete configmap nothing', exit: 1, err: ['configmaps "nothing" not found'] },
  { run: 'delete configmap nothing --ignore-not-found' },
  { run: 'delete configmap --all', out: [/configmap "settings" deleted/] },
  { run: 'create deployment kept --image=nginx:1', out: ['created'] },
  { run: 'get rs -l app=kept -o name', out: [/replicaset/], eventually: true },
  { run: 'delete deployment kept --cascade=orphan', out: [/deployment.apps "kept" deleted/] },
  { run: 'get rs -l app=kept -o name', out: [/replicaset/] },
  { run: 'delete namespace shop --timeout=60s', out: [/namespace "shop" deleted/] },
  { run: 'get namespace shop', exit: 1, err: ['namespaces "shop" not found'] },
];
