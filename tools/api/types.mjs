// TypeScript for the fact table's schemas: one module per group version.

const apimachinery = 'io.k8s.apimachinery.pkg.';
/** Schemas that are not read from their fields, since the table has none for them. They join `meta/v1`, or their own group. */
const special = {
  [`${apimachinery}api.resource.Quantity`]: { type: 'string', doc: 'An amount with a unit, as `500m` or `2Gi`.' },
  [`${apimachinery}util.intstr.IntOrString`]: {
    type: 'number | string',
    doc: "A number, or a text as `25%` or a port's name.",
  },
  [`${apimachinery}runtime.RawExtension`]: { type: 'JsonObject', doc: 'Any object.' },
  [`${apimachinery}apis.meta.v1.FieldsV1`]: { type: 'JsonObject', doc: 'A set of field paths.' },
  [`${apimachinery}apis.meta.v1.Patch`]: { type: 'JsonObject', doc: 'A patch.' },
  [`${apimachinery}apis.meta.v1.Time`]: {
    type: 'string',
    doc: 'An RFC 3339 time of whole seconds, as `2026-01-01T00:00:00Z`.',
  },
  [`${apimachinery}apis.meta.v1.MicroTime`]: {
    type: 'string',
    doc: 'An RFC 3339 time of exactly six decimals, as `2026-01-01T00:00:00.000000Z`.',
  },
};
const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.';
Object.assign(special, {
  [`${extensions}JSON`]: { type: 'MutableJson', doc: 'Any JSON value.' },
  [`${extensions}JSONSchemaPropsOrArray`]: {
    type: 'JSONSchemaProps | JSONSchemaProps[]',
    doc: 'One schema or several.',
  },
  [`${extensions}JSONSchemaPropsOrBool`]: {
    type: 'JSONSchemaProps | boolean',
    doc: 'A schema, or whether anything is allowed.',
  },
  [`${extensions}JSONSchemaPropsOrStringArray`]: {
    type: 'JSONSchemaProps | string[]',
    doc: 'A schema, or names of properties.',
  },
});

/** `io.k8s.api.apps.v1.Deployment` -> where it lives and what it is called. */
export function place(name) {
  const [, path, type] = /^(.*)\.([^.]+)$/.exec(name);
  if (path === `${apimachinery}version`) return { folder: 'meta', version: 'v1', type: 'VersionInfo' };
  if (path.startsWith(apimachinery) && !path.includes('.apis.')) return { folder: 'meta', version: 'v1', type };
  const [, folder, version] = /\.([^.]+)\.(v[^.]+)$/.exec(path);
  return { folder, version, type };
}

const moduleOf = ({ folder, version }) => `${folder}/${version}`;
const key = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`);

/**
 * One module's text.
 * @param module - as `apps/v1`
 * @param schemas - the module's schemas by name, in OpenAPI's field names
 * @param kinds - the resources whose kind is one of them, with short names and categories
 */
export function typesModule(module, schemas, kinds, release) {
  const imports = new Map();
  const own = new Set(Object.keys(schemas).map((name) => place(name).type));
  const needs = new Set();

  const refer = (name) => {
    const target = place(name);
    const from = moduleOf(target);
    if (from === module) return target.type;
    const local = own.has(target.type)
      ? `${target.folder[0].toUpperCase()}${target.folder.slice(1)}${target.type}`
      : target.type;
    if (!imports.has(from)) imports.set(from, new Map());
    imports.get(from).set(target.type, local);
    return local;
  };
  const typeOf = (schema) => {
    if (schema.$ref) return refer(schema.$ref);
    if (schema.type === 'array') {
      const item = typeOf(schema.items);
      return item.includes(' ') ? `(${item})[]` : `${item}[]`;
    }
    if (schema.additionalProperties) return `Record<string, ${typeOf(schema.additionalProperties)}>`;
    if (schema.type === 'integer' || schema.type === 'number') return 'number';
    if (schema.type === 'string' || schema.type === 'boolean') return schema.type;
    throw new Error(`no type for ${JSON.stringify(schema)} in ${module}`);
  };

  const texts = Object.entries(schemas).map(([name, schema]) => {
    const { type } = place(name);
    if (special[name]) {
      const { type: value, doc } = special[name];
      for (const json of ['JsonObject', 'MutableJson']) if (value.includes(json)) needs.add(json);
      return `/** ${doc} */\nexport type ${type} = ${value};\n`;
    }
    if (!schema.properties) return `/** An object without fields. */\nexport type ${type} = Record<string, never>;\n`;
    const versions = schema['x-kubernetes-group-version-kind'] ?? [];
    const gvk = versions.length === 1 && schema.properties.apiVersion ? versions[0] : undefined;
    const metadata = schema.properties.metadata?.$ref?.split('.').at(-1);
    const isKind = gvk && metadata === 'ObjectMeta';
    const isList = gvk && metadata === 'ListMeta' && schema.properties.items;
    const required = new Set(schema.required);
    if (isKind || isList) required.add('metadata');
    const lines = Object.entries(schema.properties).map(([property, value]) => {
      if (gvk && property === 'apiVersion')
        return `  apiVersion: '${gvk.group === '' ? '' : `${gvk.group}/`}${gvk.version}';`;
      if (gvk && property === 'kind') return `  kind: '${gvk.kind}';`;
      return `  ${key(property)}${required.has(property) ? '' : '?'}: ${typeOf(value)};`;
    });
    if (isKind) needs.add('KubeObject');
    let text = `export interface ${type}${isKind ? ' extends KubeObject' : ''} {\n${lines.join('\n')}\n}\n`;
    const kind = kinds.find((resource) => resource.kind === type);
    if (kind) {
      needs.add('Kind');
      const list = (names) => `[${names.map((n) => `'${n}'`).join(', ')}]`;
      text += `export const ${type}: Kind<${type}> = {
  group: '${kind.group}',
  version: '${kind.version}',
  kind: '${type}',
  plural: '${kind.plural}',
  singular: '${kind.singular}',
  scope: '${kind.scope}',
  shortNames: ${list(kind.shortNames)},
  categories: ${list(kind.categories)},
};\n`;
    }
    return text;
  });

  const importTexts = [];
  if (needs.has('Kind')) importTexts.push(`import type { Kind } from '../../kind/kind.js';`);
  if (needs.has('KubeObject')) importTexts.push(`import type { KubeObject } from '../../meta/kube-object.js';`);
  const json = ['JsonObject', 'MutableJson'].filter((n) => needs.has(n));
  if (json.length) importTexts.push(`import type { ${json.join(', ')} } from '../../json/json.js';`);
  for (const [from, names] of [...imports].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const list = [...names]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, local]) => (name === local ? name : `${name} as ${local}`));
    importTexts.push(`import type { ${list.join(', ')} } from '../${from}.js';`);
  }
  const header = `// Generated by tools/api/generate.mjs from the facts of Kubernetes ${release}. Do not edit.\n`;
  return `${header}${importTexts.map((line) => `${line}\n`).join('')}\n${texts.join('\n')}`;
}
