import type { FakeClock, SeededRandom } from '@kubewright/core/testing';
import type { ScriptedApiServer } from './scripted-api-server.js';

/** An informer of Pods under test, and what it told since its start. */
export interface ObservedInformer {
  readonly hasSynced: boolean;
  readonly told: readonly {
    readonly type: 'added' | 'modified' | 'deleted';
    readonly key: string;
    readonly uid: string;
    readonly resourceVersion: string;
  }[];
  /** Key to resourceVersion of what it holds. */
  snapshot(): Readonly<Record<string, string>>;
  /** Ends it; resolves when nothing of it is left. */
  stop(): Promise<void>;
}

export interface ObservedInformerOptions {
  readonly transport: ScriptedApiServer;
  readonly clock: FakeClock;
  readonly random: SeededRandom;
}

/** What a scenario works with. */
export interface ScenarioContext {
  readonly server: ScriptedApiServer;
  readonly clock: FakeClock;
  readonly informer: ObservedInformer;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
}
