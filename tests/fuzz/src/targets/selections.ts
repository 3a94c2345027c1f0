import { FieldSelector } from '@kubewright/api';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import type { Transport } from '@kubewright/informer';
import { Choices } from '../generate.js';
import type { FuzzRun, FuzzTarget } from '../target.js';

const collection = '/api/v1/namespaces/default/configmaps';
const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
const stored: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  one: { app: 'a', constructor: 'x' },
  two: { app: 'b' },
  three: {},
};

interface Holder {
  readonly transport: Transport;
  readonly verb: 'list' | 'watch';
  /** The only object that the holder may see; undefined: all of them. */
  readonly name: string | undefined;
}

/**
 * Lists and watches with selectors and booleans, half sensible and half not, by users who may either list or watch, and
 * either all objects or the one called `one`. Whatever is asked: nobody is shown what he may not see, and nothing that the
 * selectors rule out.
 */
class SelectionsRun implements FuzzRun {
  constructor(
    private readonly holders: readonly Holder[],
    private readonly stop: () => Promise<void>,
  ) {}

  async feed(random: Choices['random']): Promise<'handled' | 'rejected'> {
    const choices = new Choices(random);
    const holder = choices.of(this.holders);
    const query = makeQuery(choices);
    const path = makePath(choices, query);
    const giveUp = new AbortController();
    const response = await holder.transport.send({ method: 'GET', path, headers: {} }, giveUp.signal);
    const watching = response.headers['content-type'] === 'application/json' && isWatch(path, query);
    const text = watching && response.status === 200 ? '' : await read(response.body);
    if (response.status >= 500) throw new Error(`${path} was answered ${response.status}: ${text}`);
    if (response.status !== 200) {
      giveUp.abort(new Error('refused'));
      return response.status === 403 || response.status === 422 ? 'handled' : 'rejected';
    }
    if (watching !== (holder.verb === 'watch')) throw new Error(`${path} was allowed to who may ${holder.verb}`);
    const names = watching ? await watched(response.body, giveUp) : listed(text);
    const fields = FieldSelector.parse(query.get('fieldSelector') ?? '');
    for (const name of names) {
      if (holder.name !== undefined && name !== holder.name) throw new Error(`${path} showed ${name}`);
      if (!fields.matches({ 'metadata.name': name, 'metadata.namespace': 'default' }))
        throw new Error(`${path} showed ${name}, which ${fields.toString()} rules out`);
    }
    return 'handled';
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** The rule that the server is held to, written down once more: the first value counts, and all is true but `0` and `false`. */
function isWatch(path: string, query: URLSearchParams): boolean {
  const [value] = query.getAll('watch');
  return path.startsWith('/api/v1/watch/') || (value !== undefined && !/^(?:0|false)$/i.test(value));
}

function makePath(choices: Choices, query: URLSearchParams): string {
  const base = choices.chance(0.1) ? collection.replace('/v1/', '/v1/watch/') : collection;
  return `${base}?${query.toString()}`;
}

function makeQuery(choices: Choices): URLSearchParams {
  const query = new URLSearchParams();
  const booleans = ['true', 'True', 'TRUE', '1', '', 'yes', 'false', 'False', '0', '00', 'no', choices.text(4)];
  for (let times = choices.below(3); times > 0; times--) query.append('watch', choices.of(booleans));
  for (let times = choices.of([0, 1, 1, 1, 2]); times > 0; times--)
    query.append('fieldSelector', Array.from({ length: 1 + choices.below(3) }, () => fieldTerm(choices)).join(','));
  if (choices.chance(0.3)) query.append('labelSelector', labelSelector(choices));
  if (choices.chance(0.1)) query.append('limit', choices.of(['1', '2', '-1', '9223372036854775807', 'x', '']));
  if (choices.chance(0.1)) query.append('resourceVersion', choices.of(['0', '1', '', 'x']));
  // Watches of this run end with their initial events.
  if (choices.chance(0.9)) query.append('timeoutSeconds', '1');
  return query;
}

function fieldTerm(choices: Choices): string {
  if (choices.chance(0.1)) return choices.text(8);
  const field = choices.of(['metadata.name', 'metadata.name', 'metadata.name', 'metadata.namespace', ' metadata.name']);
  const value = choices.of(['one', 'one', 'two', 'three', 'default', 'other', '', 'one\\,two', 'one\\=', 'ONE']);
  return `${field}${choices.of(['=', '=', '==', '!=', '!=='])}${value}`;
}

function labelSelector(choices: Choices): string {
  if (choices.chance(0.2)) return choices.text(8);
  const key = choices.of(['app', 'constructor', 'toString', 'none']);
  return choices.of([key, `!${key}`, `${key}=a`, `${key}!=a`, `${key} in (a,b)`, `${key} notin (a)`, `${key}>1`]);
}

function listed(text: string): string[] {
  const { items } = JSON.parse(text) as { items: { metadata: { name: string } }[] };
  return items.map(({ metadata }) => metadata.name);
}

/** What a watch shows at once. A watch that shows nothing is not waited for. */
async function watched(body: AsyncIterable<Uint8Array>, giveUp: AbortController): Promise<string[]> {
  const reading = (async () => {
    for await (const chunk of body) return Buffer.from(chunk).toString('utf8');
    return '';
  })();
  const text = await Promise.race([reading, nextTurns()]);
  giveUp.abort(new Error('seen'));
  await reading.catch(() => undefined);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const { type, object } = JSON.parse(line) as { type: string; object: { metadata: { name: string } } };
      return type === 'ADDED' ? [object.metadata.name] : [];
    });
}

/** Long enough for a watch inside the process to have begun. */
async function nextTurns(): Promise<string> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  return '';
}

async function read(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export const selectionsTarget: FuzzTarget = {
  name: 'selections',
  async open() {
    const { server, transport, stop } = await startTestApiServer();
    const post = async (path: string, body: object): Promise<void> => {
      const headers = { 'content-type': 'application/json' };
      const { status } = await transport.send({ method: 'POST', path, headers, body: JSON.stringify(body) });
      if (status !== 201) throw new Error(`${path} was answered ${status}`);
    };
    for (const [name, labels] of Object.entries(stored)) await post(collection, { metadata: { name, labels } });
    const holders: Holder[] = [];
    for (const verb of ['list', 'watch'] as const) {
      for (const name of [undefined, 'one']) {
        const user = `${verb}s-${name ?? 'all'}`;
        const names = name === undefined ? {} : { resourceNames: [name] };
        const rules = [{ verbs: [verb], apiGroups: [''], resources: ['configmaps'], ...names }];
        await post(`${rbac}/roles`, { metadata: { name: user }, rules });
        const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user };
        const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
        await post(`${rbac}/rolebindings`, { metadata: { name: user }, roleRef, subjects });
        holders.push({ transport: server.transport({ name: user, groups: [] }), verb, name });
      }
    }
    return new SelectionsRun(holders, stop);
  },
};
