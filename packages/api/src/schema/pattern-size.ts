/** The largest repetition that a program may have; the engine refuses more by itself. */
const mostRepeats = 1000;
/** Folding the case of a range of many characters looks at each of them: it costs as much as so many instructions. */
const foldedRange = 1000;
/** So does a class by its Unicode name, which stands for hundreds of ranges. */
const namedClass = 20;

/**
 * Roughly how large a program a pattern becomes, read off its text in one pass: repetitions multiply what they repeat. It
 * need not be exact, and what is no pattern may have any size: the engine is the judge of that.
 */
export function patternSize(pattern: string): number {
  const folds = /\(\?[a-zA-Z]*i/.test(pattern);
  const groups: number[] = [];
  let size = 0;
  let last = 0;
  const add = (atom: number): void => {
    size += last;
    last = atom;
  };
  for (let at = 0; at < pattern.length; at++) {
    const sign = pattern.charAt(at);
    if (sign === '\\') {
      if (pattern[at + 1] === 'Q') {
        const end = pattern.indexOf('\\E', at);
        const stop = end < 0 ? pattern.length : end + 1;
        add(0);
        size += stop - at;
        at = stop;
        continue;
      }
      add(/[pP]/.test(pattern[at + 1] ?? '') ? namedClass : 1);
      at++;
    } else if (sign === '[') {
      const end = classEnd(pattern, at);
      add(classSize(pattern.slice(at, end), folds));
      at = end;
    } else if (sign === '(') {
      add(0);
      groups.push(size);
      size = 0;
    } else if (sign === ')') {
      add(0);
      last = size + 2;
      size = groups.pop() ?? 0;
    } else if (sign === '{') {
      const found = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(pattern.slice(at, at + 12));
      if (found === null) add(1);
      else {
        last *= Math.min(Math.max(Number(found[1]), Number(found[3] ?? 0), 1), mostRepeats);
        at += found[0].length - 1;
      }
    } else if (sign === '*' || sign === '+' || sign === '?') last++;
    else add(1);
  }
  return groups.reduce((sum, each) => sum + each, size + last);
}

/** Where a class ends. A bracket right after its start is a member, and so is one of `[:name:]`. */
function classEnd(pattern: string, start: number): number {
  let at = start + (pattern[start + 1] === '^' ? 2 : 1);
  if (pattern[at] === ']') at++;
  for (; at < pattern.length && pattern[at] !== ']'; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern.startsWith('[:', at)) at = Math.max(pattern.indexOf(':]', at) + 1, at);
  }
  return at;
}

function classSize(text: string, folds: boolean): number {
  const names = text.match(/\\[pP]/g)?.length ?? 0;
  const wide = folds ? (text.match(/-(\\x|[\u0080-\uffff])/g)?.length ?? 0) : 0;
  return 1 + names * namedClass + wide * foldedRange;
}
