/** Logs, exec, attach and port forwarding, as kubectl uses them, through a kubelet on our runtime. */
import type { SpdyClient } from '@kubewright/cri-sdk/testing';
import { expectEqual, expectSoon } from './kubelet-case.js';
import type { KubeletCase } from './kubelet-case.js';
import type { KubeletClient } from './kubelet-client.js';
import { podPath } from './kubelet-client.js';

const commandProtocol = 'v4.channel.k8s.io';

export const streamCases: readonly KubeletCase[] = [
  {
    name: 'logs have both streams, and end where asked to',
    run: async ({ api }) => {
      await expectSoon(
        async () => (await api.logs('talking', 'app')).split('\n').toSorted().join(' '),
        ' one three two',
      );
      expectEqual((await api.logs('talking', 'app', 'tailLines=1')).split('\n').length, 2);
    },
  },
  {
    name: 'exec gives output, errors and the exit code',
    run: async ({ api }) => {
      const { output, errors, status } = await exec(api, 'echo out; echo err >&2; exit 5');
      expectEqual([output, errors], ['out\n', 'err\n']);
      expectEqual((JSON.parse(status) as ExitStatus).details?.causes, [{ reason: 'ExitCode', message: '5' }]);
    },
  },
  {
    name: 'exec passes on its input until it ends',
    run: async ({ api }) => {
      const { output, status } = await exec(api, 'tr a-z A-Z', { input: 'shout' });
      expectEqual([output, (JSON.parse(status) as ExitStatus).status], ['SHOUT', 'Success']);
    },
  },
  {
    name: 'exec has a terminal, of the size that it was told',
    run: async ({ api }) => {
      // crun starts the command and sets the size at the same time: the first look may find none, which stty complains about.
      const asTold = 'until [ "$(stty size 2>/dev/null)" = "37 91" ]; do sleep 0.1; done; stty size';
      const { output } = await exec(api, asTold, { tty: true });
      expectEqual(output.trim(), '37 91');
    },
  },
  {
    name: 'attach gives what a container prints from now on, and passes input on',
    run: async ({ api }) => {
      const client = await api.stream(`/attach/${podPath('talking')}/app?input=1&output=1`, commandProtocol);
      try {
        await client.open({ streamtype: 'error' });
        const input = await client.open({ streamtype: 'stdin' });
        const output = await client.open({ streamtype: 'stdout' });
        input.write('echoed\n');
        await expectSoon(async () => output.text(), 'echoed\n');
      } finally {
        client.close();
      }
    },
  },
  {
    name: 'a port of a pod can be reached through the kubelet',
    run: async ({ api }) => {
      const client = await api.stream(`/portForward/${podPath('web')}`, 'portforward.k8s.io');
      try {
        await client.open({ streamtype: 'error', port: '80', requestid: '0' });
        const data = await client.open({ streamtype: 'data', port: '80', requestid: '0' });
        data.write('GET / HTTP/1.0\r\n\r\n');
        await data.ended;
        expectEqual(data.text().endsWith('it works\n'), true);
      } finally {
        client.close();
      }
    },
  },
];

interface ExitStatus {
  readonly status: string;
  readonly details?: { readonly causes?: readonly { readonly reason: string; readonly message: string }[] };
}

interface ExecOptions {
  readonly input?: string;
  readonly tty?: boolean;
}

interface ExecResult {
  readonly output: string;
  readonly errors: string;
  /** The status that ends the session, as JSON. */
  readonly status: string;
}

async function exec(api: KubeletClient, script: string, { input, tty = false }: ExecOptions = {}): Promise<ExecResult> {
  const query = new URLSearchParams({ output: '1' });
  for (const word of ['sh', '-c', script]) query.append('command', word);
  if (!tty) query.set('error', '1');
  if (tty) query.set('tty', '1');
  if (input !== undefined) query.set('input', '1');
  await expectSoon(async () => (await api.pod('web'))?.status?.phase, 'Running');
  const client = await api.stream(`/exec/${podPath('web')}/app?${query.toString()}`, commandProtocol);
  try {
    return await converse(client, { tty, ...(input !== undefined && { input }) });
  } finally {
    client.close();
  }
}

async function converse(client: SpdyClient, { input, tty }: ExecOptions): Promise<ExecResult> {
  const status = await client.open({ streamtype: 'error' });
  const stdin = input === undefined ? undefined : await client.open({ streamtype: 'stdin' });
  const stdout = await client.open({ streamtype: 'stdout' });
  const stderr = tty ? undefined : await client.open({ streamtype: 'stderr' });
  const size = tty ? await client.open({ streamtype: 'resize' }) : undefined;
  size?.write('{"Width":91,"Height":37}');
  if (input !== undefined) stdin?.write(input, true);
  await Promise.all([stdout.ended, stderr?.ended, status.ended]);
  return { output: stdout.text(), errors: stderr?.text() ?? '', status: status.text() };
}
