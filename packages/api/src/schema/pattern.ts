/**
 * Regular expressions of schemas. They are written for Go (RE2 syntax), so what JavaScript spells differently is translated.
 * JavaScript's matcher backtracks: a hostile pattern can take long, and only who may write schemas can bring one.
 */

const posix: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

const compiled = new Map<string, RegExp | Error>();
/** Schemas hold few patterns; the bound is only against a server that sees endless definitions. */
const maximumCompiled = 10_000;

/** The compiled pattern, or the error that says why it is none. Compiled once per text. */
export function compilePattern(pattern: string): RegExp | Error {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  if (compiled.size >= maximumCompiled) compiled.clear();
  const result = compile(pattern);
  compiled.set(pattern, result);
  return result;
}

function compile(pattern: string): RegExp | Error {
  let flags = '';
  const source = pattern
    .replace(/^\(\?([ims]+)\)/, (_, found: string) => {
      flags = found;
      return '';
    })
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
    .replace(/\(\?P</g, '(?<')
    .replace(/\[:(\w+):\]/g, (found, name: string) => posix[name] ?? found);
  try {
    return new RegExp(source, `u${flags}`);
  } catch {
    // Go takes escapes that the Unicode mode refuses, as `\-` outside a class.
  }
  try {
    return new RegExp(source, flags);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
