/** Labels, annotations and selectors wherever they occur inside an object. */
import { checkLabelValue, checkQualifiedName } from '@kubewright/api';
import type { JsonObject, MutableJson } from '@kubewright/api';
import { own } from '@kubewright/api/json';
import type { FieldErrors } from '../fields/field-errors.js';
import { has, isObject, objectsAt, stringsAt, textAt } from '../fields/fields.js';

/** The most that all annotations of an object may hold, in bytes of keys and values. */
const maximumAnnotationBytes = 256 * 1024;

export function validateLabels(labels: MutableJson | undefined, field: string, errors: FieldErrors): void {
  if (!isObject(labels)) return;
  for (const [key, value] of Object.entries(labels)) {
    errors.each(field, key, checkQualifiedName(key));
    errors.each(field, value, checkLabelValue(typeof value === 'string' ? value : ''));
  }
}

export function validateAnnotations(annotations: MutableJson | undefined, field: string, errors: FieldErrors): void {
  if (!isObject(annotations)) return;
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) {
    errors.each(field, key, checkQualifiedName(key.toLowerCase()));
    size += Buffer.byteLength(key) + Buffer.byteLength(typeof value === 'string' ? value : '');
  }
  if (size > maximumAnnotationBytes) errors.tooLong(field, maximumAnnotationBytes);
}

export function validateLabelSelector(selector: MutableJson | undefined, field: string, errors: FieldErrors): void {
  if (!isObject(selector)) return;
  validateLabels(selector['matchLabels'], `${field}.matchLabels`, errors);
  objectsAt(selector, 'matchExpressions').forEach((expression, index) => {
    validateExpression(expression, `${field}.matchExpressions[${index}]`, errors);
  });
}

function validateExpression(expression: JsonObject, field: string, errors: FieldErrors): void {
  const values = stringsAt(expression, 'values');
  switch (textAt(expression, 'operator')) {
    case 'In':
    case 'NotIn':
      if (values.length === 0)
        errors.required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      }
      break;
    default:
      errors.invalid(`${field}.operator`, textAt(expression, 'operator'), 'not a valid selector operator');
  }
  const key = textAt(expression, 'key');
  errors.each(`${field}.key`, key, checkQualifiedName(key));
  values.forEach((value, index) => errors.each(`${field}.values[${index}]`, value, checkLabelValue(value)));
}

/** Whether a selector holds no requirement, so that it would match everything. */
export function isEmptySelector(selector: JsonObject): boolean {
  const labels = selector['matchLabels'];
  return objectsAt(selector, 'matchExpressions').length === 0 && !(isObject(labels) && Object.keys(labels).length > 0);
}

/** Whether labels satisfy a selector that has passed validation. */
export function selectorMatches(selector: JsonObject, labels: MutableJson | undefined): boolean {
  const present = isObject(labels) ? labels : {};
  const wanted = selector['matchLabels'];
  if (isObject(wanted) && Object.entries(wanted).some(([key, value]) => own(present, key) !== value)) return false;
  return objectsAt(selector, 'matchExpressions').every((expression) => {
    const key = textAt(expression, 'key');
    const among = stringsAt(expression, 'values').includes(textAt(present, key));
    switch (textAt(expression, 'operator')) {
      case 'In':
        return has(present, key) && among;
      case 'NotIn':
        return !has(present, key) || !among;
      case 'Exists':
        return has(present, key);
      default:
        return !has(present, key);
    }
  });
}
