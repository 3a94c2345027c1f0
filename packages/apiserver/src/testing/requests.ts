/** Short-hands of this package's own tests. */
import type { ApiRequest, Transport } from '@kubewright/informer';

/** A parsed answer as far as tests look into it: what an answer does not have is not there, whatever the type says. */
export interface AnyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly continue: string;
    readonly remainingItemCount: number;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly managedFields: readonly object[];
  };
  readonly items: readonly AnyObject[];
  readonly spec: { readonly clusterIP: string; readonly ports: readonly { readonly nodePort: number }[] };
  readonly status: { readonly conditions: readonly { readonly type: string }[]; readonly acceptedNames: object };
  readonly data: Readonly<Record<string, string>>;
  readonly resources: readonly { readonly name: string }[];
  readonly reason: string;
  readonly message: string;
}

export interface Frame {
  readonly type: string;
  readonly object: AnyObject;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AnyObject;
  readonly text: string;
}

/** Sends a request and parses what comes back, where it is JSON. */
export async function call(
  transport: Transport,
  method: ApiRequest['method'],
  path: string,
  body?: object | string,
  contentType = 'application/json',
  headers: Record<string, string> = {},
): Promise<Answer> {
  const content = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await transport.send({
    method,
    path,
    headers: { 'content-type': contentType, ...headers },
    ...content,
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString('utf8');
  const json = response.headers['content-type']?.startsWith('application/json') === true;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (json ? JSON.parse(text) : {}) as AnyObject,
  };
}

/** The first events of a watch. */
export async function firstFrames(transport: Transport, path: string, count: number): Promise<Frame[]> {
  const response = await transport.send({ method: 'GET', path });
  const frames: Frame[] = [];
  for await (const chunk of response.body) {
    for (const line of Buffer.from(chunk).toString('utf8').trim().split('\n')) frames.push(JSON.parse(line) as Frame);
    if (frames.length >= count) break;
  }
  return frames;
}

/** Creates a definition and waits until its resources are served. */
export async function establishDefinition(transport: Transport, definition: object): Promise<void> {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const created = await call(transport, 'POST', definitions, definition);
  if (created.status !== 201) throw new Error(created.text);
  const { name } = created.body.metadata;
  for (;;) {
    const { body } = await call(transport, 'GET', `${definitions}/${name}`);
    if (body.status.conditions.some(({ type }) => type === 'Established')) return;
    const from = `resourceVersion=${body.metadata.resourceVersion}`;
    await firstFrames(transport, `${definitions}?watch=true&fieldSelector=metadata.name%3D${name}&${from}`, 1);
  }
}
