/**
 * Regular expressions of schemas. They are written for Go, so they are read and matched as Go does (RE2): in steps that grow
 * with the text and the pattern, never with the ways in which the one could match the other. No text of a user becomes a
 * JavaScript RegExp.
 */
import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';
import { patternSize } from './pattern-size.js';

/** A pattern that can be matched. */
export interface Pattern {
  /** Roughly how many steps a character of the text costs at most. */
  readonly size: number;
  /** Whether the pattern matches anywhere in a text. */
  test(text: string): boolean;
}

/** Longer patterns are refused, in characters; those in use have a few hundred. Go knows no such limit, but it compiles beside its server. */
const maximumLength = 8192;
/** Larger programs are refused: one takes about 50 ms to compile. */
const maximumSize = 10_000;

const compiled = new Map<string, Pattern | Error>();
/** Patterns of so many steps, or characters, are remembered; a program takes about a hundred bytes for each. */
const rememberedSize = 1024 * 1024;
let remembered = 0;

/** The compiled pattern, or the error that says why it is none. Compiled once per text, as long as they are not too many. */
export function compilePattern(pattern: string): Pattern | Error {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const result = compile(pattern);
  if (remembered > rememberedSize) {
    compiled.clear();
    remembered = 0;
  }
  compiled.set(pattern, result);
  remembered += Math.max(pattern.length, result instanceof Error ? 0 : result.size);
  return result;
}

function compile(pattern: string): Pattern | Error {
  if (pattern.length > maximumLength)
    return new Error(`the pattern has ${pattern.length} characters, and may have ${maximumLength}`);
  const size = patternSize(pattern);
  if (size > maximumSize)
    return new Error(`the pattern stands for about ${size} steps per character, and may for ${maximumSize}`);
  try {
    const program = engine().compile(pattern);
    return { size, test: (text) => program.test(text) };
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

let loaded: typeof RE2JS | undefined;

/** Loaded with the first pattern: most programs that import this package never see one. */
function engine(): typeof RE2JS {
  loaded ??= (createRequire(import.meta.url)('re2js') as { readonly RE2JS: typeof RE2JS }).RE2JS;
  return loaded;
}
