// Makes our fact table from a folder of facts about a Kubernetes release (schemas.json, paths.json, protobuf.json):
//   node tools/api/import-facts.mjs FOLDER      (or KUBERNETES_FACTS=FOLDER)
// Run once per Kubernetes release; everything after it reads only the table, tools/api/facts/kubernetes-<release>.json.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from './notation.mjs';

const folder = process.argv[2] ?? process.env.KUBERNETES_FACTS;
if (!folder) {
  process.stderr.write(
    'name the folder of facts: node tools/api/import-facts.mjs FOLDER, or KUBERNETES_FACTS=FOLDER\n',
  );
  process.exit(1);
}
const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const { schemas, source } = read('schemas.json');
const { paths } = read('paths.json');
const { packages } = read('protobuf.json');
const release = /\d+\.\d+/.exec(source)[0];

const gvk = (text) => {
  const [kind, version, group = ''] = text.split('/').reverse();
  return { group, version, kind };
};
const verbOf = {
  post: 'create',
  put: 'update',
  patch: 'patch',
  delete: 'delete',
  get: 'get',
  list: 'list',
  deletecollection: 'deletecollection',
};
/** The verb of an HTTP method; a connect (exec, proxy …) is authorised by its method, and HEAD and OPTIONS bring no verb of their own. */
const verb = (method, action) => (action === 'connect' ? verbOf[method] : verbOf[action]);

const resources = new Map();
const at = (group, version, plural) => {
  const key = `${group}/${version}/${plural}`;
  if (!resources.has(key))
    resources.set(key, { group, version, plural, verbs: new Set(), subresources: new Map(), namespaced: false });
  return resources.get(key);
};
for (const [path, { actions, kind }] of Object.entries(paths)) {
  const match =
    /^\/(?:api|apis\/([^/]+))\/([^/]+)\/(watch\/)?(namespaces\/\{namespace\}\/)?([^/]+)(\/\{name\}(?:\/([^/]+))?)?/.exec(
      path,
    );
  if (!match) throw new Error(`cannot read the path ${path}`);
  const [, group = '', version, watch, namespaced, plural, , subresource] = match;
  const resource = at(group, version, plural);
  if (namespaced) resource.namespaced = true;
  const verbs = Object.entries(actions).map(([method, action]) => verb(method, action));
  if (watch) resource.verbs.add('watch');
  else if (subresource) {
    if (!resource.subresources.has(subresource))
      resource.subresources.set(subresource, { kind: gvk(kind), verbs: new Set() });
    for (const each of verbs) if (each) resource.subresources.get(subresource).verbs.add(each);
  } else {
    resource.kind = gvk(kind).kind;
    for (const each of verbs) resource.verbs.add(each);
  }
}
const sorted = (names) => [...names].sort((a, b) => (a < b ? -1 : 1));
const byKey = ([a], [b]) => (a < b ? -1 : 1);
const resourceFacts = [...resources].sort(byKey).map(([, { verbs, subresources, ...rest }]) => ({
  ...rest,
  verbs: sorted(verbs),
  subresources: [...subresources].sort(byKey).map(([name, s]) => ({ name, ...s.kind, verbs: sorted(s.verbs) })),
}));

// Only the messages of what the release serves, and those that they are made of.
const served = new Set(
  Object.keys(schemas).map((name) => name.slice('io.'.length, name.lastIndexOf('.')).replaceAll('-', '_')),
);
for (const extra of ['k8s.io.apimachinery.pkg.runtime', 'k8s.io.api.admission.v1', 'k8s.io.api.apidiscovery.v2'])
  served.add(extra);
const protobuf = {};
for (const [name, { messages }] of Object.entries(packages).sort(byKey)) {
  if (!served.has(name.replace(/^k8s\.io\./, 'k8s.')) && !served.has(name)) continue;
  for (const [message, fields] of Object.entries(messages)) {
    const list = fields.map((f) => [f.name, `${f.number} ${f.label === 'repeated' ? '[]' : ''}${f.type}`]);
    protobuf[`${name}.${message}`] = Object.fromEntries(list);
  }
}

const facts = {
  kubernetes: release,
  schemas: Object.fromEntries(
    Object.entries(schemas)
      .sort(byKey)
      .map(([name, schema]) => [name, encode(schema)]),
  ),
  resources: resourceFacts,
  protobuf,
};
/** One line per entry, so that a new release shows as a readable difference. */
const lines = (value, isArray) => {
  const entries = isArray
    ? value.map((v) => JSON.stringify(v))
    : Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`);
  return `${isArray ? '[' : '{'}\n${entries.join(',\n')}\n${isArray ? ']' : '}'}`;
};
const text = `{"kubernetes":${JSON.stringify(release)},
"schemas":${lines(facts.schemas, false)},
"resources":${lines(facts.resources, true)},
"protobuf":${lines(facts.protobuf, false)}}
`;
const target = new URL(`./facts/kubernetes-${release}.json`, import.meta.url);
writeFileSync(target, text);
process.stdout.write(
  `${Object.keys(facts.schemas).length} schemas, ${resourceFacts.length} resources, ${Object.keys(protobuf).length} messages, ${text.length} bytes\n`,
);
