import assert from 'node:assert/strict';
import { Code } from '@kubewright/grpc';
import { assertFails, notFound, withContainer } from './fixture.js';
import type { RuntimeCheck } from './fixture.js';

export function describeExecRules(check: RuntimeCheck): void {
  check('gives output and exit code', async (subject) => {
    const {
      client: { runtime },
      commands,
    } = subject;
    await withContainer(subject, commands.wait, async (containerId) => {
      await runtime.startContainer({ containerId });
      for (const stream of ['stdout', 'stderr'] as const) {
        const answer = await runtime.execSync({ containerId, cmd: [...commands.print('word', stream)], timeout: 10n });
        assert.equal(Buffer.from(answer[stream]).toString(), 'word\n');
        assert.equal(answer.exitCode, 0);
      }
      const { exitCode } = await runtime.execSync({ containerId, cmd: [...commands.exit(3)] });
      assert.equal(exitCode, 3);
    });
  });
  check('ends a command that takes too long', async (subject) => {
    const {
      client: { runtime },
      commands,
    } = subject;
    await withContainer(subject, commands.wait, async (containerId) => {
      await runtime.startContainer({ containerId });
      await assertFails(
        runtime.execSync({ containerId, cmd: [...commands.wait], timeout: 1n }),
        Code.DEADLINE_EXCEEDED,
      );
    });
  });
  check('runs none in a container that is missing or does not run', async (subject) => {
    const {
      client: { runtime },
      commands,
    } = subject;
    await assertFails(runtime.execSync({ containerId: 'f'.repeat(64), cmd: [...commands.exit(0)] }), notFound);
    await withContainer(subject, commands.wait, async (containerId) => {
      await assertFails(runtime.execSync({ containerId, cmd: [...commands.exit(0)] }));
    });
  });
}
