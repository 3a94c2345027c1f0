import { AdmissionPlugin } from '@kubewright/apiserver';
import type { AdmissionRequest } from '@kubewright/apiserver';
import { statusErrors } from '@kubewright/api';
import { Host, Plugin, contributionsTo, extensionPoint, inject, skip } from '@kubewright/core';
import type { Contributions, ExtensionPoint, Lifecycle, StartContext } from '@kubewright/core';

/** An extension point of one's own: words that no object may have in its name. */
export const ForbiddenWord: ExtensionPoint<string> = extensionPoint(
  '@kubewright-examples/website-operator/ForbiddenWord',
);

/** Lives in the API server, since `AdmissionPlugin` does; what contributes words to it comes along. */
@Plugin({ name: 'forbidden-words', contributes: [AdmissionPlugin] })
export class ForbiddenWords implements AdmissionPlugin {
  readonly name = 'ForbiddenWords';

  // Not `@multiInject`, which would take the words that there are at the start.
  constructor(@inject(contributionsTo(ForbiddenWord)) private readonly words: Contributions<string>) {}

  validate({ name }: AdmissionRequest): void {
    const found = this.words.all.find((word) => name.includes(word));
    if (found !== undefined) throw statusErrors.badRequest(`no name may contain '${found}'`);
  }
}

/** Runs in the control plane, which is up later, and forbids its word for as long as it runs. */
@Plugin({
  name: 'word-of-the-day',
  check: () => (process.platform === 'win32' ? skip('there are no such words on Windows') : undefined),
})
export class WordOfTheDay implements Lifecycle {
  constructor(@inject(Host) private readonly host: Host) {}

  start({ signal }: StartContext): Promise<void> {
    this.host.contribute(ForbiddenWord, 'legacy', { by: this, signal });
    return Promise.resolve();
  }
}
