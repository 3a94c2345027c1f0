/**
 * YAML 1.1 to JSON text, as Kubernetes reads it (`on` is true). The same function serves short texts where they arrive and
 * long ones on a thread of its own. Self-contained, because a worker is loaded without the project's module resolution.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Composer, Lexer, Parser } from 'yaml';
import type { Document } from 'yaml';

/** What the thread is asked, and what it answers. */
export interface YamlRequest {
  readonly id: number;
  readonly text: string;
}
export type YamlReply = { readonly id: number } & ({ readonly json: string } | { readonly problem: string });

/** So many values may come from aliases: a few bytes could otherwise stand for gigabytes. */
const maximumAliases = 100;
/** So many pieces a text may have, line ends and blanks included: a definition of a megabyte has 250,000. */
const maximumTokens = 400_000;
/** JSON is longer than YAML by quotes and braces; far longer it is only where aliases multiply. */
const maximumJson = 8 * 1024 * 1024;

/**
 * The JSON of one YAML document; `null` where there is none.
 *
 * @throws Error for the first thing that is wrong with the text; nothing is read after it.
 */
export function yamlToJson(text: string): string {
  const composer = new Composer({ version: '1.1', uniqueKeys: false, merge: true, prettyErrors: false });
  let whole: Document | undefined;
  for (const document of composer.compose(tokensOf(text), true, text.length)) {
    if (whole !== undefined) throw new Error('there is more than one document');
    const [problem] = document.errors;
    if (problem !== undefined) throw new Error(problem.message);
    whole = document;
  }
  const json = JSON.stringify(whole?.toJS({ maxAliasCount: maximumAliases }) ?? null);
  if (json.length > maximumJson) throw new Error('the document is too large once its aliases are followed');
  return json;
}

function* tokensOf(text: string): Generator<Parameters<Composer['next']>[0]> {
  const parser = new Parser();
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > maximumTokens) throw new Error(`the text has more than ${maximumTokens} tokens`);
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') throw new Error(token.message);
      yield token;
    }
  }
  yield* parser.end();
}

function answer({ id, text }: YamlRequest): YamlReply {
  try {
    return { id, json: yamlToJson(text) };
  } catch (error) {
    return { id, problem: (error as Error).message };
  }
}

// The module is loaded as a plain one too, also on threads that belong to others.
if (parentPort !== null && (workerData as { yaml?: boolean } | null)?.yaml === true) {
  const port = parentPort;
  port.on('message', (request: YamlRequest) => port.postMessage(answer(request), []));
}
