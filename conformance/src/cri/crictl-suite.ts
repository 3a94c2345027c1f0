/** crictl, the command line for container runtimes, runs a pod on ours as a person would. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { messageOf } from '@kubewright/core';
import { PseudoTerminal } from '@kubewright/linux';
import type { CaseResult, Suite } from '../runner/suite.js';
import { removePods } from './critest.js';
import { Machine } from './machine.js';
import { machineNeeds, whatIsMissing } from './what-is-missing.js';

const variable = 'KUBEWRIGHT_CRICTL';
/** Any host will do: the machine's registry stands for all. */
const shellImage = 'images.test/e2e-test-images/busybox:1.29-2';
const webImage = 'images.test/e2e-test-images/nginx:1.14-2';

export const crictlSuite: Suite = {
  name: 'cri-crictl',
  summary: 'crictl runs pods on the container runtime',
  needs: [`${variable} (path of crictl 1.36 or newer)`, ...machineNeeds],
  async run({ environment, progress, signal }) {
    const reason = await whatIsMissing(variable, environment);
    if (reason !== undefined) return [{ name: 'crictl', outcome: 'skipped', reason }];
    await using machine = await Machine.start({ runtime: true });
    await writeFile(join(machine.directory, 'crictl.yaml'), '');
    const session = new Session(environment[variable] ?? '', machine);
    const results: CaseResult[] = [];
    try {
      for (const [name, step] of steps) {
        signal.throwIfAborted();
        const failure = await step(session).then(
          () => undefined,
          (error: unknown) => messageOf(error),
        );
        results.push(
          failure === undefined ? { name, outcome: 'passed' } : { name, outcome: 'failed', reason: failure },
        );
        if (failure !== undefined) progress(`${name}: ${failure}`);
      }
    } finally {
      await removePods(machine.addresses.runtime);
    }
    return results;
  },
};

/** One after the other: later ones use what earlier ones made. */
const steps: readonly (readonly [name: string, step: (session: Session) => Promise<void>])[] = [
  [
    'version and info',
    async (session) => {
      contains(await session.run('version'), 'RuntimeName:  kubewright');
      contains(await session.run('info'), '"type": "RuntimeReady"');
      contains(await session.run('runtime-config'), 'CGROUPFS');
    },
  ],
  [
    'pull, images and inspecti',
    async (session) => {
      contains(await session.run('pull', shellImage), 'Image is up to date');
      await session.run('pull', webImage);
      contains(await session.run('images'), 'images.test/e2e-test-images/busybox');
      contains(await session.run('inspecti', shellImage), shellImage);
      contains(await session.run('imagefsinfo'), 'mountpoint');
    },
  ],
  [
    'runp, create and start',
    async (session) => {
      session.pod = await session.runPod('shell');
      session.shell = await session.create(session.pod, 'shell', {
        image: { image: shellImage },
        command: ['/bin/sh'],
        stdin: true,
        log_path: 'shell.log',
        linux: { resources: { memory_limit_in_bytes: 67_108_864 } },
      });
      await session.run('start', session.shell);
      contains(await session.run('pods'), 'Ready');
      contains(await session.run('ps'), 'Running');
    },
  ],
  [
    'run',
    async (session) => {
      const [container, pod] = await session.configurations('web', { image: { image: webImage }, log_path: 'web.log' });
      await session.run('run', container, pod);
      contains(await session.run('ps', '--name', 'web'), 'Running');
    },
  ],
  [
    'inspect and inspectp',
    async (session) => {
      contains(await session.run('inspect', session.shell), 'CONTAINER_RUNNING');
      contains(await session.run('inspectp', session.pod), 'SANDBOX_READY');
    },
  ],
  [
    'exec',
    async (session) => {
      equals(await session.run('exec', session.shell, 'echo', 'streamed'), 'streamed\n');
      contains(await session.run('exec', '--sync', session.shell, 'echo', 'answered'), 'answered\n');
      const { errors } = await session.attempt(['exec', session.shell, 'sh', '-c', 'exit 7']);
      contains(errors, 'exit code 7');
      equals(await session.run('exec', '-i', session.shell, 'cat', { input: 'from outside' }), 'from outside');
    },
  ],
  [
    'exec with a terminal',
    async (session) => {
      const seen = await session.onTerminal(['exec', '-it', session.shell, 'sh', '-c', 'sleep 1; stty size; tty']);
      contains(seen, '37 91\r\n/dev/pts/0\r\n');
    },
  ],
  [
    'attach and logs',
    async (session) => {
      const input = 'echo over the streams of its first process\nexit 3\n';
      contains(await session.run('attach', '-i', session.shell, { input }), 'over the streams of its first process');
      contains(await session.run('logs', session.shell), 'over the streams of its first process');
      contains(await session.run('inspect', session.shell), '"exitCode": 3');
    },
  ],
  [
    'port-forward',
    async (session) => {
      const pod = (await session.run('pods', '--name', 'web', '--quiet')).trim();
      const forwarding = session.spawn(['port-forward', pod, '18080:80']);
      try {
        await once(forwarding.stdout, 'data');
        const wget = session.machine.spawn('busybox', ['wget', '-qO-', 'http://127.0.0.1:18080/']);
        equals(await text(wget.stdout), 'it works\n');
      } finally {
        forwarding.kill('SIGKILL');
      }
    },
  ],
  [
    'stats, metrics and update',
    async (session) => {
      const web = (await session.run('ps', '--name', 'web', '--quiet')).trim();
      contains(await session.run('stats', '--output', 'json', web), '"usageCoreNanoSeconds"');
      contains(await session.run('statsp', '--output', 'json'), '"defaultInterface"');
      contains(await session.run('metricdescs'), 'container_cpu_usage_seconds_total');
      contains(await session.run('metricsp'), 'container_memory_working_set_bytes');
      await session.run('update', '--memory', '50331648', web);
      contains(await session.run('inspect', web), '50331648');
    },
  ],
  [
    'stop, rm, stopp, rmp and rmi',
    async (session) => {
      const web = (await session.run('ps', '--name', 'web', '--quiet')).trim();
      await session.run('stop', '--timeout', '5', web);
      contains(await session.run('ps', '--all', '--name', 'web'), 'Exited');
      await session.run('rm', web);
      const pods = (await session.run('pods', '--quiet')).trim().split('\n');
      await session.run('stopp', ...pods);
      await session.run('rmp', ...pods);
      equals(await session.run('ps', '--all', '--quiet'), '');
      await session.run('rmi', shellImage, webImage);
      equals(await session.run('images', '--quiet'), '');
    },
  ],
];

interface RunOptions {
  readonly input?: string;
}

/** crictl on a machine, and what it has made so far. */
class Session {
  readonly machine: Machine;
  readonly #program: string;
  pod = '';
  shell = '';

  constructor(program: string, machine: Machine) {
    this.#program = program;
    this.machine = machine;
  }

  spawn(args: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn(...this.#command(args));
  }

  /** @returns what it printed. @throws where it fails */
  async run(...words: readonly (string | RunOptions)[]): Promise<string> {
    const args = words.filter((word) => typeof word === 'string');
    const options = words.find((word) => typeof word === 'object');
    const { code, output, errors } = await this.attempt(args, options);
    if (code !== 0) throw new Error(`crictl ${args.join(' ')} ended with ${code}: ${output}${errors}`);
    return output;
  }

  async attempt(args: readonly string[], { input = '' }: RunOptions = {}) {
    const child = this.spawn(args);
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 128));
    });
    child.stdin.on('error', () => undefined).end(input);
    const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { output, errors, code };
  }

  /** Runs it on a terminal of 91 by 37. @returns what the terminal showed */
  async onTerminal(args: readonly string[]): Promise<string> {
    using terminal = new PseudoTerminal();
    terminal.resize({ width: 91, height: 37 });
    const end = terminal.programEnd;
    const child = spawn(...this.#command(args), { stdio: [end, end, end] });
    closeSync(terminal.programEnd);
    let seen = '';
    terminal.stream.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    // That the program's end is closed is an error here.
    terminal.stream.on('error', () => undefined);
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      terminal.stream.once('close', resolve);
    });
    return seen;
  }

  async runPod(name: string): Promise<string> {
    const [, pod] = await this.configurations(name, {});
    return (await this.run('runp', pod)).trim();
  }

  async create(pod: string, name: string, container: object): Promise<string> {
    const files = await this.configurations(name, container);
    return (await this.run('create', pod, ...files)).trim();
  }

  /** Files as crictl takes them. @returns the container's and the pod's */
  async configurations(name: string, container: object): Promise<[container: string, pod: string]> {
    const home = join(this.machine.directory, 'crictl', name);
    await mkdir(home, { recursive: true });
    const paths: [string, string] = [join(home, 'container.json'), join(home, 'pod.json')];
    await writeFile(paths[0], JSON.stringify({ metadata: { name, attempt: 1 }, ...container }));
    const metadata = { name, namespace: 'default', uid: `uid-of-${name}`, attempt: 1 };
    await writeFile(paths[1], JSON.stringify({ metadata, log_directory: home, linux: {} }));
    return paths;
  }

  #command(args: readonly string[]): [file: string, args: string[]] {
    const { directory, addresses } = this.machine;
    const general = [`--config=${join(directory, 'crictl.yaml')}`, `--runtime-endpoint=${addresses.runtime}`];
    return this.machine.inside(this.#program, [...general, '--timeout=30s', ...args]);
  }
}

function contains(output: string, part: string): void {
  if (!output.includes(part)) throw new Error(`'${part}' is not in: ${JSON.stringify(output).slice(0, 1_000)}`);
}

function equals(output: string, whole: string): void {
  if (output !== whole)
    throw new Error(`expected ${JSON.stringify(whole)}, got ${JSON.stringify(output.slice(0, 1_000))}`);
}
