import { deepEqual, equal, ok } from 'node:assert/strict';
import { compareResourceVersion } from '@kubewright/api';
import { Pod } from '@kubewright/api/core/v1';
import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import type { ObservedInformer, ObservedInformerOptions, ScenarioContext } from './observed-informer.js';
import { initialScenarios, liveScenarios } from './reflector-scenarios.js';
import type { Scenario } from './reflector-scenarios.js';
import { ScriptedApiServer } from './scripted-api-server.js';
import type { TestRunner } from '@kubewright/core/testing';

/** Tests that an informer recovers from whatever a server or a network does, and misses nothing. */
export function describeReflectorContract(
  { describe, it }: TestRunner,
  start: (options: ObservedInformerOptions) => ObservedInformer,
): void {
  describe('list-watch contract', () => {
    for (const scenario of [...initialScenarios, ...liveScenarios]) {
      it(scenario.name, () => play(scenario, start));
    }

    it('ends its requests and timers when it is stopped, whatever it is doing', async () => {
      for (const busy of ['live', 'hanging', 'backing off'] as const) {
        const server = new ScriptedApiServer(Pod);
        if (busy === 'hanging') server.fault('watch-list', { kind: 'hang' });
        if (busy === 'backing off') server.fault('watch-list', { kind: 'reset' });
        const clock = new FakeClock();
        const informer = start({ transport: server, clock, random: new SeededRandom() });
        await settle(clock);
        await informer.stop();
        await settle(clock);
        equal(server.watchers, 0, busy);
        equal(clock.timers, 0, busy);
      }
    });
  });
}

async function play(scenario: Scenario, start: (options: ObservedInformerOptions) => ObservedInformer): Promise<void> {
  const server = new ScriptedApiServer(Pod);
  const clock = new FakeClock();
  server.set('a');
  server.set('b');
  const informer = start({ transport: lateBound(server, scenario, clock), clock, random: new SeededRandom() });
  const context: ScenarioContext = { server, clock, informer, settle: () => settle(clock) };
  const { within = 0 } = scenario;
  await eventually(clock, within, () => informer.hasSynced);
  ok(informer.hasSynced, 'it has synced');
  await scenario.when?.(context);
  await eventually(clock, within, () => same(server, informer));
  await settle(clock);
  deepEqual(held(informer), present(server));
  scenario.expected?.(context);
  // It is live: what happens now is told at once, or as soon as it may ask again.
  server.set('c');
  await eventually(clock, within, () => same(server, informer));
  deepEqual(held(informer), present(server));
  checkHistory(informer, scenario.goesBack ?? false);
  await informer.stop();
}

/** Runs what is given before the first request. */
function lateBound(server: ScriptedApiServer, scenario: Scenario, clock: FakeClock): ScriptedApiServer {
  const unstarted: ObservedInformer = { hasSynced: false, told: [], snapshot: () => ({}), stop: async () => {} };
  scenario.given?.({ server, clock, informer: unstarted, settle: () => settle(clock) });
  return server;
}

function present(server: ScriptedApiServer): string[] {
  return [...server.objects].map(([key, { metadata }]) => `${key} ${metadata.resourceVersion}`).sort();
}

function held(informer: ObservedInformer): string[] {
  return Object.entries(informer.snapshot())
    .map(([key, resourceVersion]) => `${key} ${resourceVersion}`)
    .sort();
}

function same(server: ScriptedApiServer, informer: ObservedInformer): boolean {
  return held(informer).join() === present(server).join();
}

/** Each key's events tell a life that can have been: added, changed forwards, deleted, and only then another. */
function checkHistory({ told }: ObservedInformer, mayGoBack: boolean): void {
  const living = new Map<string, { uid: string; resourceVersion: string }>();
  for (const { type, key, uid, resourceVersion } of told) {
    const known = living.get(key);
    if (type === 'added') equal(known, undefined, `${key} is added twice`);
    else {
      equal(known?.uid, uid, `${type} ${key} is about another object`);
      const goesBack = compareResourceVersion(resourceVersion, known?.resourceVersion ?? '1') < 0;
      ok(mayGoBack || !goesBack, `${key} goes back in time`);
    }
    if (type === 'deleted') living.delete(key);
    else living.set(key, { uid, resourceVersion });
  }
}

async function settle(clock: FakeClock): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await clock.advance(0);
}

/** Moves time from timer to timer until the condition holds or `within` milliseconds are over. */
async function eventually(clock: FakeClock, within: number, condition: () => boolean): Promise<void> {
  const end = clock.monotonic() + within;
  await settle(clock);
  while (!condition() && clock.untilNext !== undefined && clock.monotonic() + clock.untilNext <= end) {
    await clock.advance(clock.untilNext);
    await settle(clock);
  }
}
