import assert from 'node:assert/strict';
import { StatusError, formatObjectKey } from '@kubewright/api';
import type { DeepReadonly, KubeObject } from '@kubewright/api';
import { Pod } from '@kubewright/api/core/v1';
import type { Random } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { Client, InformerFactory } from '@kubewright/informer';
import { ScriptedApiServer } from '@kubewright/informer/testing';
import type { Fault, RequestType } from '@kubewright/informer/testing';
import { Choices } from '../generate.js';
import type { FuzzRun, FuzzTarget } from '../target.js';

/**
 * A server that lies: lists, watches and errors with whatever in them, and retry times of any kind. Whatever it said, an
 * informer holds only what can be in its collection, asks no more often than its backoff lets it, and comes back to the truth
 * as soon as the server tells it.
 */
export const informerTarget: FuzzTarget = {
  name: 'informer',
  open: () => Promise.resolve(new InformerRun()),
};

const names = ['a', 'b', 'c'];
const seconds: unknown[] = [0, 1, 7, 31_536_000, 1e300, -1, Number.NaN, '5', 'soon', null, {}, []];
const requestTypes: readonly RequestType[] = ['list', 'watch', 'watch-list'];
/** Fake milliseconds within which the picture must be right again: the longest backoff a few times, and a dead watch's end. */
const longestRecovery = 30 * 60_000;

class InformerRun implements FuzzRun {
  async feed(random: Random): Promise<'handled' | 'rejected'> {
    const choices = new Choices(random);
    const server = new ScriptedApiServer(Pod);
    const clock = new FakeClock();
    for (const name of names.slice(0, choices.below(4))) server.set(name);
    for (let faults = choices.below(5); faults > 0; faults--) server.fault(choices.of(requestTypes), fault(choices));
    const client = new Client({ transport: server, clock });
    const informer = new InformerFactory({ client, clock, random }).informer(Pod);
    const registration = informer.addHandler(() => undefined);
    await clock.advance(choices.below(20_000));
    for (let acts = 1 + choices.below(6); acts > 0; acts--) {
      act(choices, server);
      await clock.advance(choices.below(5_000));
      for (const [key, object] of held(informer.lister.list())) assertBelongs(key, object);
    }
    await this.#recover(server, clock, () => JSON.stringify(picture(informer.lister.list())));
    assert.ok(server.requests.length <= 40 + clock.monotonic() / 400, `${server.requests.length} requests`);
    registration.remove();
    await informer.stopped();
    await clock.advance(0);
    assert.equal(server.watchers, 0);
    return 'handled';
  }

  check(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  /** From now on everything that the server says is true: the picture has to follow. */
  async #recover(server: ScriptedApiServer, clock: FakeClock, shown: () => string): Promise<void> {
    const wanted = (): string => JSON.stringify(picture([...server.objects.values()]));
    const end = clock.monotonic() + longestRecovery;
    // A lie that nothing tells from the truth is corrected by the next list at the latest; for that the server sees too.
    while (shown() !== wanted() && clock.monotonic() < end) {
      server.sendError(new StatusError({ code: 410, reason: 'Expired', message: 'too old' }));
      await clock.advance(60_000);
    }
    assert.equal(shown(), wanted());
  }
}

function picture(objects: readonly DeepReadonly<KubeObject>[]): string[] {
  return objects
    .map(({ metadata }) => `${formatObjectKey(metadata)} ${metadata.uid} ${metadata.resourceVersion}`)
    .sort();
}

function held<T extends DeepReadonly<KubeObject>>(objects: readonly T[]): [string, T][] {
  return objects.map((object) => [formatObjectKey(object.metadata), object]);
}

function assertBelongs(
  key: string,
  { kind, metadata }: Partial<DeepReadonly<KubeObject>> & Pick<DeepReadonly<KubeObject>, 'metadata'>,
): void {
  assert.ok(kind === undefined || kind === 'Pod' || kind === 'PartialObjectMetadata', `a ${kind} is held`);
  assert.equal(typeof metadata.name, 'string', key);
  assert.ok(metadata.name !== '' && !metadata.name?.includes('/') && !metadata.namespace?.includes('/'), key);
  assert.ok(metadata.resourceVersion === undefined || typeof metadata.resourceVersion === 'string', key);
}

function fault(choices: Choices): Fault {
  switch (choices.below(6)) {
    case 0:
      return { kind: 'reset' };
    case 1:
      return { kind: 'end' };
    case 2:
      return { kind: 'status', error: statusError(choices) };
    case 3:
      return { kind: 'answer', body: choices.json() };
    default:
      return { kind: 'answer', body: list(choices) };
  }
}

function statusError(choices: Choices): StatusError {
  const code = choices.of([400, 401, 403, 404, 409, 410, 422, 429, 429, 429, 500, 503, 504]);
  const details = choices.chance(0.2)
    ? choices.json()
    : { retryAfterSeconds: pick(choices, seconds), causes: choices.json(1) };
  return StatusError.from(
    { kind: 'Status', code, details, reason: choices.chance(0.2) ? choices.json() : undefined },
    code,
  );
}

/** As `choices.of`, where nothing is a choice too. */
function pick(choices: Choices, values: readonly unknown[]): unknown {
  return values[choices.below(values.length)];
}

function list(choices: Choices): object {
  const metadata = {
    resourceVersion: pick(choices, ['100', '1', '99999', '', 'opaque', 5, undefined]),
    continue: pick(choices, ['', '', '', undefined, 'x', choices.text(), 7]),
  };
  return { kind: 'PodList', metadata, items: Array.from({ length: choices.below(4) }, () => object(choices)) };
}

function object(choices: Choices): unknown {
  if (choices.chance(0.1)) return choices.json();
  return {
    kind: pick(choices, ['Pod', 'Pod', undefined, 'Secret', 5]),
    apiVersion: pick(choices, ['v1', 'v1', undefined, 'apps/v1']),
    metadata: {
      name: pick(choices, [...names, choices.text(), 'a/b', '', undefined, 3]),
      namespace: pick(choices, ['default', 'default', undefined, 'other', 'x/y']),
      uid: pick(choices, ['uid-1', 'uid-2', 'uid-9', '', undefined, 4]),
      resourceVersion: pick(choices, ['101', '102', '7', '99999', 'opaque', '', undefined, 1000]),
    },
  };
}

function act(choices: Choices, server: ScriptedApiServer): void {
  switch (choices.below(9)) {
    case 0:
      return void server.set(choices.of(names), { spec: choices.json() });
    case 1:
      return server.remove(choices.of(names));
    case 2:
      return server.resetWatches();
    case 3:
      return server.endWatches();
    case 4:
      return server.sendError(statusError(choices));
    case 5:
      return server.write(choices.chance(0.5) ? `${choices.text()}\n` : `${JSON.stringify(choices.json())}\n`);
    case 6:
      return server.fault(choices.of(requestTypes), fault(choices));
    default:
      return server.lie(choices.of(['ADDED', 'MODIFIED', 'DELETED']), object(choices));
  }
}
