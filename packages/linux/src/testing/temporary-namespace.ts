import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NetworkNamespace, removeNetworkNamespace } from '../namespaces/network-namespace.js';

/** Whether this process may make namespaces: Linux, and root. Suites that need it say so and are skipped otherwise. */
export function privileged(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

/** A network namespace of a test's own, gone when the test is over. */
export class TemporaryNamespace implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'netns-'));
  /** Where it is mounted. */
  readonly path = join(this.#directory, 'ns');
  readonly namespace = NetworkNamespace.create(this.path);

  async [Symbol.asyncDispose](): Promise<void> {
    this.namespace.close();
    await removeNetworkNamespace(this.path);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
