/** The table of wrong requests, and what Kubernetes answers to each. */
import type { ApiRequest } from '@kubewright/informer';

export const json = { 'content-type': 'application/json' };
export const configMaps = '/api/v1/namespaces/default/configmaps';
export const deployments = '/apis/apps/v1/namespaces/default/deployments';
const services = '/api/v1/namespaces/default/services';
export const configMap = (name: string, more = ''): string =>
  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"}${more}}`;
export const deployment = (spec: string): string =>
  `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}${spec}}}`;
export const post = (path: string, body: string, headers: Record<string, string> = json): ApiRequest => ({
  method: 'POST',
  path,
  headers,
  body,
});

/** What, the request, the code, the reason, and a part of the message. */
export const rows: readonly [string, ApiRequest, number, string, string | RegExp][] = [
  [
    'malformed JSON',
    post(configMaps, '{"apiVersion":'),
    400,
    'BadRequest',
    /unexpected end|json parse error|Unexpected end/i,
  ],
  ['no JSON at all', post(configMaps, 'hello'), 400, 'BadRequest', ''],
  ['an empty body', post(configMaps, ''), 400, 'BadRequest', ''],
  ['a body that is a list', post(configMaps, '[]'), 400, 'BadRequest', ''],
  ['malformed YAML', post(configMaps, 'a: [', { 'content-type': 'application/yaml' }), 400, 'BadRequest', ''],
  ['a YAML bomb', post(configMaps, yamlBomb(), { 'content-type': 'application/yaml' }), 400, 'BadRequest', ''],
  ['nesting without end', post(configMaps, `{"data":${'['.repeat(100_000)}`), 400, 'BadRequest', ''],
  [
    'an unknown field, strictly',
    post(`${configMaps}?fieldValidation=Strict`, configMap('strict', ',"colour":"red"')),
    400,
    'BadRequest',
    'strict decoding error: unknown field "colour"',
  ],
  [
    'a duplicate field, strictly',
    post(`${configMaps}?fieldValidation=Strict`, configMap('double', ',"data":{"a":"1"},"data":{"a":"2"}')),
    400,
    'BadRequest',
    'duplicate field "data"',
  ],
  [
    'a wrong type',
    post(deployments, deployment(',"replicas":"three"')),
    400,
    'BadRequest',
    /cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32/,
  ],
  [
    'an unknown value of fieldValidation',
    post(`${configMaps}?fieldValidation=Maybe`, configMap('x')),
    422,
    'Invalid',
    'fieldValidation',
  ],
  [
    'a body over 3 MiB',
    post(configMaps, configMap('large', `,"data":{"a":"${'x'.repeat(3 * 1024 * 1024)}"}`)),
    413,
    'RequestEntityTooLarge',
    /limit is 3145728/,
  ],
  [
    'an unknown content type',
    post(configMaps, 'x', { 'content-type': 'text/plain' }),
    415,
    'UnsupportedMediaType',
    'application/json',
  ],
  [
    'an unacceptable answer',
    { method: 'GET', path: configMaps, headers: { accept: 'image/png' } },
    406,
    'NotAcceptable',
    'application/json',
  ],
  [
    'an illegal name',
    post(configMaps, configMap('No_Good')),
    422,
    'Invalid',
    'metadata.name: Invalid value: "No_Good": a lowercase RFC 1123 subdomain',
  ],
  [
    'no name',
    post(configMaps, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{}}'),
    422,
    'Invalid',
    'Required value: name or generateName is required',
  ],
  [
    'a name that is not the one of the path',
    { method: 'PUT', path: `${configMaps}/one`, headers: json, body: configMap('two') },
    400,
    'BadRequest',
    'the name of the object (two) does not match the name on the URL (one)',
  ],
  [
    'a namespace that is not the one of the path',
    post(configMaps, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"other"}}'),
    400,
    'BadRequest',
    'the namespace of the provided object does not match the namespace sent on the request',
  ],
  [
    'another kind than the path says',
    post(configMaps, '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}'),
    400,
    'BadRequest',
    'ConfigMap',
  ],
  [
    'an illegal label',
    post(configMaps, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","labels":{"a b":"c"}}}'),
    422,
    'Invalid',
    'metadata.labels: Invalid value: "a b"',
  ],
  [
    'a missing required field',
    post(deployments, '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{}}'),
    422,
    'Invalid',
    'spec.selector: Required value',
  ],
  [
    'a selector that misses its template',
    post(deployments, deployment(',"minReadySeconds":0').replace('"labels":{"a":"b"}', '"labels":{"x":"y"}')),
    422,
    'Invalid',
    '`selector` does not match template `labels`',
  ],
  [
    'a negative number',
    post(deployments, deployment(',"replicas":-1')),
    422,
    'Invalid',
    'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  ],
  [
    'a port out of range',
    post(services, '{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"ports":[{"port":70000}]}}'),
    422,
    'Invalid',
    'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
  ],
  [
    'a namespace that is not there',
    post('/api/v1/namespaces/nowhere/configmaps', configMap('a')),
    404,
    'NotFound',
    'namespaces "nowhere" not found',
  ],
  [
    'an object that is not there',
    { method: 'GET', path: `${configMaps}/nothing` },
    404,
    'NotFound',
    'configmaps "nothing" not found',
  ],
  [
    'an unknown kind',
    post('/apis/example.com/v1/spaceships', '{}'),
    404,
    'NotFound',
    'the server could not find the requested resource',
  ],
  [
    'an unknown path',
    { method: 'GET', path: '/nowhere' },
    404,
    'NotFound',
    'the server could not find the requested resource',
  ],
  [
    'a method that the resource lacks',
    { method: 'PUT', path: configMaps, headers: json, body: configMap('a') },
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
  ],
  [
    'a malformed label selector',
    { method: 'GET', path: `${configMaps}?labelSelector=${encodeURIComponent('a in (')}` },
    400,
    'BadRequest',
    'unable to parse requirement',
  ],
  [
    'a field that cannot be selected',
    { method: 'GET', path: `${configMaps}?fieldSelector=data.a%3Db` },
    400,
    'BadRequest',
    'field label not supported',
  ],
  [
    'a malformed continue token',
    { method: 'GET', path: `${configMaps}?limit=1&continue=nonsense` },
    400,
    'BadRequest',
    'continue key is not valid',
  ],
  [
    'a malformed resourceVersion',
    { method: 'GET', path: `${configMaps}?resourceVersion=abc` },
    400,
    'BadRequest',
    'resourceVersion: Invalid value: "abc"',
  ],
  [
    'resourceVersionMatch without a version',
    { method: 'GET', path: `${configMaps}?resourceVersionMatch=Exact` },
    422,
    'Invalid',
    'resourceVersionMatch is forbidden unless resourceVersion is provided',
  ],
  [
    'a patch of an unknown type',
    { method: 'PATCH', path: `${configMaps}/kept`, headers: { 'content-type': 'application/patch' }, body: '{}' },
    415,
    'UnsupportedMediaType',
    'application/json-patch+json',
  ],
  [
    'a JSON patch whose test fails',
    {
      method: 'PATCH',
      path: `${configMaps}/kept`,
      headers: { 'content-type': 'application/json-patch+json' },
      body: '[{"op":"test","path":"/data/a","value":"x"}]',
    },
    422,
    'Invalid',
    '',
  ],
  [
    'an apply without a manager',
    {
      method: 'PATCH',
      path: `${configMaps}/kept`,
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: configMap('kept'),
    },
    422,
    'Invalid',
    'fieldManager',
  ],
];

function yamlBomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 12; level++)
    lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
  return lines.join('\n');
}
