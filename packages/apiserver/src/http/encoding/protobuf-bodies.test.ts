import { encodeProtobuf, protobufMediaType } from '@kubewright/api/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApiServer } from '../../testing/start-test-api-server.js';
import type { TestApiServer } from '../../testing/start-test-api-server.js';

const encode = (object: Record<string, unknown>): Uint8Array => encodeProtobuf(object);

let server: TestApiServer;
beforeAll(async () => {
  server = await startTestApiServer();
});
afterAll(() => server.stop());

async function send(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body: Uint8Array,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await server.transport.send({ method, path, headers: { 'content-type': protobufMediaType }, body });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return {
    status: response.status,
    body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>,
  };
}

const path = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, data: Record<string, string>): Uint8Array =>
  encode({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

describe('protobuf bodies', () => {
  it('create, change and delete built-in kinds, and get the same answers as JSON', async () => {
    expect(await send('POST', path, configMap('a', { x: '1' }))).toMatchObject({
      status: 201,
      body: { kind: 'ConfigMap', data: { x: '1' } },
    });
    expect(await send('PUT', `${path}/a`, configMap('a', { x: '2' }))).toMatchObject({
      status: 200,
      body: { data: { x: '2' } },
    });
    const options = encode({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'another' } });
    expect(await send('DELETE', `${path}/a`, options)).toMatchObject({ status: 409 });
  });

  it('are refused where they are malformed, of another kind, or of a kind without such a form', async () => {
    expect((await send('POST', path, Buffer.from('k8s\0nonsense'))).body).toMatchObject({
      code: 400,
      reason: 'BadRequest',
    });
    expect((await send('POST', path, Buffer.from('{}'))).body).toMatchObject({ code: 400 });
    const secret = encode({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } });
    expect((await send('POST', path, secret)).body).toMatchObject({
      code: 400,
      message: expect.stringContaining('must be of type ConfigMap') as string,
    });
  });
});
