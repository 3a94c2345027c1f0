/** Finding fields in JSON text without building its value. Every function returns -1 where the text is not what it expects. */

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** The position after white space. */
function skipSpace(text: string, at: number): number {
  let position = at;
  for (;;) {
    const code = text.charCodeAt(position);
    if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return position;
    position++;
  }
}

/** The position after the string whose opening quote is at `at`. */
function skipString(text: string, at: number): number {
  let end = at;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return -1;
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes++;
    if (escapes % 2 === 0) return end + 1;
  }
}

/** The position after the value that begins at `at`. */
function skipValue(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === quote) return skipString(text, at);
  if (first !== openBrace && first !== openBracket) {
    let position = at;
    for (; position < text.length; position++) {
      const code = text.charCodeAt(position);
      if (code === comma || code === closeBrace || code === closeBracket) return position;
    }
    return -1;
  }
  let depth = 0;
  let position = at;
  while (position < text.length) {
    const code = text.charCodeAt(position);
    if (code === quote) {
      position = skipString(text, position);
      if (position === -1) return -1;
      continue;
    }
    if (code === openBrace || code === openBracket) depth++;
    else if (code === closeBrace || code === closeBracket) depth--;
    position++;
    if (depth === 0) return position;
  }
  return -1;
}

/**
 * Visits the fields of the object that begins at `at`, in the text's order, with each value's position. The visitor returns
 * false to stop. Answers whether the object was read to its end or stopped by the visitor, as opposed to being malformed.
 * Names are taken as written: none that is looked for needs an escape.
 */
export function visitFields(text: string, at: number, visit: (name: string, valueAt: number) => boolean): boolean {
  let position = skipSpace(text, at);
  if (text.charCodeAt(position) !== openBrace) return false;
  position = skipSpace(text, position + 1);
  if (text.charCodeAt(position) === closeBrace) return true;
  for (;;) {
    if (text.charCodeAt(position) !== quote) return false;
    const nameEnd = skipString(text, position);
    if (nameEnd === -1) return false;
    const name = text.slice(position + 1, nameEnd - 1);
    position = skipSpace(text, nameEnd);
    if (text.charCodeAt(position) !== colon) return false;
    position = skipSpace(text, position + 1);
    if (!visit(name, position)) return true;
    position = skipValue(text, position);
    if (position === -1) return false;
    position = skipSpace(text, position);
    const code = text.charCodeAt(position);
    if (code === closeBrace) return true;
    if (code !== comma) return false;
    position = skipSpace(text, position + 1);
  }
}

/** The plain string at `at`, or undefined where there is none or it has an escape. */
export function plainString(text: string, at: number): string | undefined {
  if (text.charCodeAt(at) !== quote) return undefined;
  const end = text.indexOf('"', at + 1);
  if (end === -1) return undefined;
  const value = text.slice(at + 1, end);
  return value.includes('\\') ? undefined : value;
}
