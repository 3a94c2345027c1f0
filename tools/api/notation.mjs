// The notation of our fact table. A node is either a type alone (`int32`, `[]string`, `{}#io.k8s.api.core.v1.Foo`) or an
// object `{ t: type, of: node, … }` where it has attributes or its element does. `#` names another schema, `[]` is an
// array, `{}` a map. Attributes carry short names, `attributes` says which.

/** Type name in the table -> type and format in OpenAPI. */
const leaves = {
  string: { type: 'string' },
  bytes: { type: 'string', format: 'byte' },
  time: { type: 'string', format: 'date-time' },
  boolean: { type: 'boolean' },
  integer: { type: 'integer' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  number: { type: 'number' },
  double: { type: 'number', format: 'double' },
  object: { type: 'object' },
  any: {},
};

/** Attribute in the table -> key in OpenAPI. */
const attributes = {
  required: 'required',
  default: 'default',
  listType: 'x-kubernetes-list-type',
  mapKeys: 'x-kubernetes-list-map-keys',
  mapType: 'x-kubernetes-map-type',
  patch: 'x-kubernetes-patch-strategy',
  mergeKey: 'x-kubernetes-patch-merge-key',
  kinds: 'x-kubernetes-group-version-kind',
  unions: 'x-kubernetes-unions',
  oneOf: 'oneOf',
  format: 'format',
};

const ordered = (record) => Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** One schema of the source data (its references are in `ref`) to a node of the table. */
export function encode(schema) {
  const node = {};
  for (const [short, key] of Object.entries(attributes)) {
    if (key in schema && key !== 'format') node[short] = key === 'oneOf' ? schema[key].map(encode) : schema[key];
  }
  if (schema.properties)
    node.fields = Object.fromEntries(Object.entries(schema.properties).map(([k, v]) => [k, encode(v)]));
  const inner =
    schema.items ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
  if (inner !== undefined) {
    const of = encode(inner);
    const wrap = schema.items ? '[]' : '{}';
    if (typeof of === 'string') node.t = wrap + of;
    else Object.assign(node, { t: wrap, of });
  } else if (schema.ref) {
    node.t = `#${schema.ref}`;
  } else {
    const leaf = Object.entries(leaves).find(([, l]) => l.type === schema.type && l.format === schema.format);
    node.t = leaf ? leaf[0] : Object.entries(leaves).find(([, l]) => l.type === schema.type && !l.format)[0];
    if (!leaf) node.format = schema.format;
  }
  const known = new Set([...Object.values(attributes), 'properties', 'items', 'additionalProperties', 'ref', 'type']);
  for (const key of Object.keys(schema))
    if (!known.has(key)) throw new Error(`the fact table has no notation for '${key}'`);
  return Object.keys(node).length === 1 ? node.t : ordered(node);
}

/** A node of the table to a schema in OpenAPI's field names. */
export function decode(node) {
  const { t, of, fields, ...rest } = typeof node === 'string' ? { t: node } : node;
  const schema = {};
  if (t.startsWith('[]')) Object.assign(schema, { type: 'array', items: decode(of ?? t.slice(2)) });
  else if (t.startsWith('{}'))
    Object.assign(schema, { type: 'object', additionalProperties: decode(of ?? t.slice(2)) });
  else if (t.startsWith('#')) schema.$ref = t.slice(1);
  else Object.assign(schema, leaves[t]);
  if (fields) schema.properties = Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, decode(v)]));
  for (const [short, value] of Object.entries(rest))
    schema[attributes[short]] = short === 'oneOf' ? value.map(decode) : value;
  return schema;
}
