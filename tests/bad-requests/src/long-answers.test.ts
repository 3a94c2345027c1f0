import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrontDoor, patchTypes } from './front-door.js';
import type { Ask } from './front-door.js';

const maps = '/api/v1/namespaces/default/configmaps';
const notAYamlText = 'a\u2028b\u0085c\ufeffd';
let door: FrontDoor;
let reader: Ask;

beforeAll(async () => {
  door = await FrontDoor.open('reader', 'writer');
  await door.allow('reader', [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'] }]);
  await door.allow('writer', [{ verbs: ['create'], apiGroups: [''], resources: ['configmaps'] }]);
  reader = door.as('reader');
  const a = `${notAYamlText}${'x'.repeat(900_000)}`;
  for (let index = 0; index < 30; index++)
    await door.admin('POST', maps, { body: { metadata: { name: `long-${index}` }, data: { a } } });
});
afterAll(() => door[Symbol.asyncDispose]());

/** How many ordinary requests, one after another, are answered while others are. */
async function answeredBeside(others: () => Promise<unknown>): Promise<number> {
  let answered = 0;
  const over = new AbortController();
  const done = others().finally(() => over.abort());
  while (!over.signal.aborted) {
    await door.admin('GET', '/api/v1/namespaces/default');
    answered++;
  }
  await done;
  return answered;
}

describe('who reads a long list', () => {
  it.each<[string, string, object]>([
    ['as YAML', maps, { accept: 'application/yaml' }],
    ['laid out', `${maps}?pretty=true`, {}],
    [
      'as a table with its objects',
      `${maps}?includeObject=Object`,
      { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    ],
  ])('%s keeps nobody else waiting', async (_what, path, headers) => {
    const read = async () => {
      const { status } = await reader('GET', path, { headers: { ...headers } });
      expect(status).toBe(200);
    };
    // A server that does nothing else meanwhile answers one or two.
    expect(await answeredBeside(() => Promise.all([read(), read(), read()]))).toBeGreaterThan(3);
  });

  it('gets the same objects as YAML, whatever their texts hold', async () => {
    for (const path of [maps, `${maps}/long-1`]) {
      const answer = await reader('GET', path, { headers: { accept: 'application/yaml' } });
      expect(answer.text).not.toMatch(/[\u2028\u0085\ufeff]/);
      expect(answer.body).toEqual((await reader('GET', path)).body);
    }
    const one = await reader('GET', `${maps}/long-1`, { headers: { accept: 'application/yaml' } });
    expect(one.body.data?.['a']?.startsWith(notAYamlText)).toBe(true);
  });
});

describe('who is wrong in many ways at once', () => {
  it.each<[string, string, string, object]>([
    [
      'in labels',
      'POST',
      'application/json',
      {
        metadata: {
          name: 'new',
          labels: Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`_l${at}`, '-'])),
        },
      },
    ],
    [
      'in unknown fields',
      'POST',
      'application/json',
      Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`f${at}`, 1])),
    ],
    ['in a long path', 'PATCH', patchTypes.json, [{ op: 'add', path: `/${'a/'.repeat(500_000)}`, value: 1 }]],
  ])('%s is told of it in an answer that is no longer than what he sent', async (_what, method, type, body) => {
    const path = method === 'POST' ? `${maps}?fieldValidation=Strict` : `${maps}/long-1`;
    const answer = await door.admin(method, path, { type, body });
    expect([400, 422]).toContain(answer.status);
    expect(answer.text.length).toBeLessThan(100_000);
  });
});
