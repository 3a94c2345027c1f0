// What is written again by hand although one place in the house does it: found by its shape.
import { placeOf, walk } from './sources.mjs';

function places(sources, matches) {
  const found = [];
  for (const source of sources) {
    walk(source.program, (node, around) => {
      if (matches(node, around, source)) found.push(placeOf(source, node));
    });
  }
  return found;
}

const isNamed = (node, pattern) =>
  (node?.type === 'Identifier' && pattern.test(node.name)) ||
  (node?.type === 'MemberExpression' && isNamed(node.property, pattern)) ||
  (node?.type === 'ChainExpression' && isNamed(node.expression, pattern)) ||
  (node?.type === 'TSNonNullExpression' && isNamed(node.expression, pattern));

/** `value as T`; `as const` changes no type. */
export const casts = (sources) =>
  places(
    sources,
    (node) =>
      node.type === 'TSAsExpression' &&
      !(node.typeAnnotation.type === 'TSTypeReference' && node.typeAnnotation.typeName.name === 'const'),
  );

/** `error instanceof Error ? error.message : String(error)` and its like. */
export const errorTexts = (sources) =>
  places(
    sources,
    (node) =>
      node.type === 'ConditionalExpression' &&
      node.test.type === 'BinaryExpression' &&
      node.test.operator === 'instanceof' &&
      isNamed(node.test.right, /^Error$/) &&
      isNamed(node.consequent, /^(message|stack)$/),
  );

/** A text `namespace/name`, and nothing else, made by hand. */
export const keyTexts = (sources) =>
  places(
    sources,
    (node) =>
      node.type === 'TemplateLiteral' &&
      node.quasis.map(({ value }) => value.cooked).join('|') === '|/|' &&
      isNamed(node.expressions[0], /namespace$/i) &&
      isNamed(node.expressions[1], /name$/i),
  );

/** An object literal that sets `finalizers`. */
export const finalizerEdits = (sources) =>
  places(
    sources,
    (node, around) =>
      node.type === 'Property' &&
      around.at(-1).type === 'ObjectExpression' &&
      isNamed(node.key, /^finalizers$/) &&
      !node.shorthand,
  );
