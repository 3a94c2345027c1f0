import { compilePattern } from '@kubewright/api';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import type { Transport } from '@kubewright/informer';
import { Choices } from '../generate.js';
import type { FuzzRun, FuzzTarget } from '../target.js';

/** No text may take longer, in milliseconds; most take less than one, and the machine may be busy. */
const longest = 3_000;
const maps = '/api/v1/namespaces/default/configmaps';

/** Languages that clients write and the server reads: patterns of schemas, selectors, YAML. Each text is answered, in bounded time. */
class TextsRun implements FuzzRun {
  constructor(
    private readonly transport: Transport,
    private readonly stop: () => Promise<void>,
  ) {}

  async feed(random: Choices['random']): Promise<'handled' | 'rejected'> {
    const choices = new Choices(random);
    const started = performance.now();
    const read = choices.of([() => tryPattern(choices), () => this.#select(choices), () => this.#create(choices)]);
    const outcome = await read();
    const taken = performance.now() - started;
    if (taken > longest) throw new Error(`the text took ${Math.round(taken)} ms`);
    return outcome;
  }

  async check(): Promise<void> {
    if ((await this.#status({ method: 'GET', path: maps })) !== 200) throw new Error('the list is not answered');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #select(choices: Choices): Promise<'handled' | 'rejected'> {
    const query = new URLSearchParams({ [choices.chance(0.9) ? 'labelSelector' : 'fieldSelector']: selector(choices) });
    return accepted(await this.#status({ method: 'GET', path: `${maps}?${query.toString()}` }), query.toString());
  }

  async #create(choices: Choices): Promise<'handled' | 'rejected'> {
    const body = `apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: fuzz-}\ndata:\n${yaml(choices, 2)}\n`;
    const headers = { 'content-type': 'application/yaml' };
    return accepted(await this.#status({ method: 'POST', path: `${maps}?dryRun=All`, headers, body }), body);
  }

  async #status(request: Parameters<Transport['send']>[0]): Promise<number> {
    const { status, body } = await this.transport.send(request, AbortSignal.timeout(20_000));
    for await (const chunk of body) if (chunk.length === 0) throw new Error('an empty chunk');
    return status;
  }
}

function accepted(status: number, text: string): 'handled' | 'rejected' {
  if (status >= 500 || status === 429) throw new Error(`${JSON.stringify(text)} was answered ${status}`);
  return status < 400 || status === 422 ? 'handled' : 'rejected';
}

const atoms = [
  'a',
  'b',
  '.',
  '\\d',
  '\\w',
  '[a-z]',
  '[^a]',
  '\\pL',
  '[[:alpha:]]',
  '\\.',
  '^',
  '$',
  '\\b',
  'é',
  '(?i)',
  '\\Qx\\E',
];
const refused = ['(?!a)', '\\1', '[^]', 'a{1001}', '(?<=a)', '*', ')', '[', '\\', '(?P<n'];
const repeats = ['*', '+', '?', '{2,5}', '{0,3}', '*?', '{,3}'];
const manyRepeats = ['{0,900}', '{1000}'];

function pattern(choices: Choices, depth: number): string {
  const parts = Array.from({ length: 1 + choices.below(4) }, () => {
    if (choices.chance(0.02)) return choices.of(refused);
    const inner = depth > 0 && choices.chance(0.5) ? `(${pattern(choices, depth - 1)})` : choices.of(atoms);
    return choices.chance(0.4) ? `${inner}${choices.of(choices.chance(0.02) ? manyRepeats : repeats)}` : inner;
  });
  return parts.join(choices.chance(0.2) ? '|' : '');
}

/** Whatever is no pattern is refused by value; what is one can be matched. */
function tryPattern(choices: Choices): Promise<'handled' | 'rejected'> {
  const compiled = compilePattern(pattern(choices, 3));
  if (compiled instanceof Error) return Promise.resolve('rejected');
  compiled.test(choices.of(['a', 'ab', 'aé', '']).repeat(choices.below(300)) + choices.text());
  return Promise.resolve('handled');
}

function selector(choices: Choices): string {
  const odd = choices.chance(0.3);
  const key = (): string => (odd ? choices.text(6) : choices.of(['app', 'example.com/tier', 'metadata.name']));
  const value = (): string => (odd ? choices.text(6) : choices.of(['a', 'web', '']));
  const term = (): string =>
    choices.of([
      () => key(),
      () => `!${key()}`,
      () => `${key()}=${value()}`,
      () => `${key()} != ${value()}`,
      () => `${key()} in (${Array.from({ length: choices.below(50) }, value).join(',')})`,
      () => `${key()} notin (${value()}, ${value()})`,
    ])();
  return Array.from({ length: choices.below(6) }, term).join(',');
}

function yaml(choices: Choices, indent: number): string {
  const line = (): string => {
    const key = choices.of(['a', 'b', 'on', '"q"', 'c', 'd', `k${choices.below(100)}`]);
    const value = choices.of([
      'x',
      'yes',
      '012',
      '"a\\nb"',
      "'it''s'",
      '&a x',
      '*a',
      '!!str 1',
      '| \n      text',
      '[1, {b: c}]',
      '~',
      '',
    ]);
    return `${' '.repeat(indent)}${key}: ${choices.chance(0.05) ? choices.of(['*a', '[', '? k', '"', choices.text()]) : value}`;
  };
  const lines = Array.from({ length: choices.below(6) }, line);
  // Now and then long enough for the thread of its own.
  return choices.chance(0.02) ? Array(400).fill(lines.join('\n')).join('\n') : lines.join('\n');
}

export const textsTarget: FuzzTarget = {
  name: 'texts',
  async open() {
    const { transport, stop } = await startTestApiServer();
    return new TextsRun(transport, stop);
  },
};
