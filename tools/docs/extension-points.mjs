// The extension points of the packages, read off their sources: who declares, consumes and contributes to each.
import { walk } from '../house/sources.mjs';

/**
 * Every extension point, by package and name.
 *
 * @param sources - all sources of the packages, of `readSources`
 */
export function extensionPoints(sources) {
  const levels = new Map(sources.flatMap(levelsOf));
  const suites = new Set(
    sources.flatMap(({ path, text }) =>
      path.endsWith('/src/testing/index.ts')
        ? [...text.matchAll(/\bdescribe\w+Contract\b/g)].map(([name]) => `${packageOf(path)} ${name}`)
        : [],
    ),
  );
  return sources
    .flatMap(declaredIn)
    .map((point) => ({
      ...point,
      level: levels.get(point.level),
      suite: suites.has(`${point.package} ${suiteOf(point)}`) ? suiteOf(point) : undefined,
      ...usesOf(point, sources),
    }))
    .sort((a, b) => (a.token < b.token ? -1 : 1));
}

const packageOf = (path) => path.split('/')[1];
const suiteOf = ({ identifier }) => `describe${identifier}Contract`;
const calls = (node, name) =>
  node?.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === name;

/** Exported constants whose value is a call of `name`, with the statement that the comment stands before. */
function constantsMadeBy(name, { program }) {
  return program.body.flatMap((statement) =>
    statement.type === 'ExportNamedDeclaration' && statement.declaration?.type === 'VariableDeclaration'
      ? statement.declaration.declarations
          .filter(({ init }) => calls(init, name))
          .map(({ id, init }) => ({ statement, id, init }))
      : [],
  );
}

function levelsOf(source) {
  return constantsMadeBy('level', source).map(({ id, init }) => [id.name, init.arguments[0].value]);
}

function declaredIn(source) {
  return constantsMadeBy('extensionPoint', source).map(({ statement, id, init }) => {
    const [text, options] = init.arguments;
    const level = options?.properties.find(({ key }) => key.name === 'level')?.value.name;
    const type = id.typeAnnotation?.typeAnnotation.typeArguments?.params[0];
    return {
      identifier: id.name,
      token: text.value,
      package: packageOf(source.path),
      path: source.path,
      level,
      interface: type ? source.text.slice(type.start, type.end) : id.name,
      summary: summaryOf(source, statement, id.name),
    };
  });
}

/** What the constant's comment says, else the comment of the interface of that name, else the one at the file's head. */
function summaryOf({ text, program }, statement, name) {
  const type = program.body.find(
    ({ declaration }) => declaration?.type === 'TSInterfaceDeclaration' && declaration.id.name === name,
  );
  const comment =
    commentBefore(text, statement.start) ??
    (type && commentBefore(text, type.start)) ??
    (text.startsWith('/**') ? text.slice(0, text.indexOf('*/') + 2) : undefined);
  if (comment === undefined) return undefined;
  const lines = comment.slice(3, -2).split('\n');
  const prose = lines.map((line) => line.replace(/^\s*\* ?/, '').trim()).join('\n');
  return prose
    .trim()
    .split(/\n\n|\n@|\n```/)[0]
    .replaceAll('\n', ' ')
    .replace(/\{@link (\S+?)\}/g, '`$1`');
}

function commentBefore(text, start) {
  const before = text.slice(0, start).trimEnd();
  return before.endsWith('*/') ? before.slice(before.lastIndexOf('/**')) : undefined;
}

/** Who injects a point, and how many contributions it then takes; who contributes to it. */
function usesOf(point, sources) {
  const consumers = new Set();
  const readers = new Set();
  const contributors = new Set();
  const counts = new Set();
  for (const source of sources) {
    if (!sees(source, point)) continue;
    walk(source.program, (node, around) => {
      if (node.type !== 'Identifier' || node.name !== point.identifier) return;
      const place = `${source.path} ${nameAround(around)}`;
      const injection = injectionOf(around);
      if (injection !== undefined) {
        counts.add(countOf(injection));
        consumers.add(place);
      } else if (isContribution(around)) contributors.add(place);
      else if (isValue(node, around)) readers.add(place);
    });
  }
  return {
    counts: [...counts],
    consumers: sorted(consumers.size > 0 ? consumers : readers),
    contributors: sorted(contributors),
  };
}

const sorted = (places) =>
  [...places]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((place) => ({ path: place.split(' ')[0], name: place.split(' ')[1] || undefined }));

/** Whether the point's name means the point in a source: declared there, or imported as a value. */
function sees({ path, program }, point) {
  if (path === point.path) return true;
  return program.body.some(
    (statement) =>
      statement.type === 'ImportDeclaration' &&
      statement.importKind !== 'type' &&
      (statement.source.value.startsWith('.')
        ? packageOf(path) === point.package
        : statement.source.value.startsWith(point.token.split('/').slice(0, -1).join('/'))) &&
      statement.specifiers.some(({ imported }) => imported?.name === point.identifier),
  );
}

/** How a decorator of a parameter injects the name that stands within it. */
function injectionOf(around) {
  const index = around.findLastIndex(({ type }) => type === 'Decorator');
  const call = around.slice(index + 1).findLast(({ type }) => type === 'CallExpression');
  if (index < 1 || !['inject', 'multiInject', 'contributionsTo'].some((name) => calls(call, name))) return undefined;
  const isOptional = around[index - 1].decorators.some(({ expression }) => calls(expression, 'optional'));
  return { by: call.callee.name, isOptional };
}

function countOf({ by, isOptional }) {
  if (by === 'contributionsTo') return 'any number, also while the host runs';
  if (by === 'multiInject') return isOptional ? 'any number' : 'at least one';
  return isOptional ? 'at most one' : 'exactly one';
}

/** In `contributes: [X]`, or an argument of `contribute` or `last`. */
function isContribution(around) {
  const call = around.at(-1);
  if (calls(call, 'contribute') || calls(call, 'last') || call.callee?.property?.name === 'contribute') return true;
  return around.some((node) => node.type === 'Property' && node.key.name === 'contributes');
}

/** Where the name's value is used; a list of names says nothing about what becomes of contributions. */
function isValue(node, around) {
  const parent = around.at(-1);
  if (parent.type === 'ArrayExpression' || (parent.type === 'VariableDeclarator' && parent.id === node)) return false;
  if (parent.type === 'MemberExpression' && parent.property === node && !parent.computed) return false;
  return !around.some(({ type }) => type.startsWith('TS') || type.startsWith('Import') || type === 'ExportSpecifier');
}

/** The class, function or constant that a name stands in. */
function nameAround(around) {
  const owner = around.find(
    ({ type, id }) =>
      /^(Class|Function)Declaration$/.test(type) || (type === 'VariableDeclarator' && id.type === 'Identifier'),
  );
  return owner?.id?.name ?? '';
}
