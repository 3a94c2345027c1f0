/** Resource quantities and lists of them, compared exactly. */
import { checkQualifiedName, Quantity } from '@kubewright/api';
import type { JsonObject, MutableJson } from '@kubewright/api';
import { KubewrightError } from '@kubewright/core';
import { own } from '@kubewright/api/json';
import type { FieldErrors } from '../fields/field-errors.js';
import { isObject, objectAt, scalarText } from '../fields/fields.js';

const syntax = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** The quantity, or undefined where the value is none. */
export function quantityOf(value: MutableJson | undefined): Quantity | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  try {
    return Quantity.parse(value);
  } catch (error) {
    if (KubewrightError.is(error)) return undefined;
    throw error;
  }
}

/** Checks that a quantity can be read and is not negative. */
export function validateQuantity(
  value: MutableJson | undefined,
  field: string,
  errors: FieldErrors,
): Quantity | undefined {
  const amount = quantityOf(value);
  if (amount === undefined) errors.invalid(field, value, syntax);
  else if (amount.compare(Quantity.zero) < 0)
    errors.invalid(field, scalarText(value), 'must be greater than or equal to 0');
  return amount;
}

const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);

function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** Whether a resource is one that a node can hand out beyond what it has. */
function overcommits(name: string): boolean {
  return !name.includes('/') && !isHugePages(name);
}

function validateContainerResourceName(name: string, field: string, errors: FieldErrors): void {
  errors.each(field, name, checkQualifiedName(name));
  if (name.includes('/') || containerResources.has(name) || isHugePages(name)) return;
  errors.invalid(field, name, 'must be a standard resource for containers');
}

/** A container's requests and limits: names, amounts, and that no request exceeds its limit. */
export function validateResourceRequirements(
  resources: JsonObject | undefined,
  field: string,
  errors: FieldErrors,
): void {
  const limits = objectAt(resources, 'limits') ?? {};
  const requests = objectAt(resources, 'requests') ?? {};
  for (const [section, list] of [['limits', limits] as const, ['requests', requests] as const]) {
    for (const [name, value] of Object.entries(list)) {
      const at = `${field}.${section}`;
      validateContainerResourceName(name, at, errors);
      const amount = validateQuantity(value, `${at}[${name}]`, errors);
      if (amount !== undefined && name.includes('/') && amount.compare(Quantity.of(amount.value())) !== 0) {
        errors.invalid(`${at}[${name}]`, scalarText(value), 'must be an integer');
      }
    }
  }
  for (const [name, value] of Object.entries(requests)) {
    const limit = own(limits, name);
    const wanted = quantityOf(value);
    const most = quantityOf(limit);
    if (limit === undefined) {
      if (!overcommits(name)) errors.required(`${field}.limits`, 'Limit must be set for non overcommitable resources');
    } else if (wanted !== undefined && most !== undefined) {
      if (!overcommits(name) && wanted.compare(most) !== 0) {
        errors.invalid(
          `${field}.requests`,
          scalarText(value),
          `must be equal to ${name} limit of ${scalarText(limit)}`,
        );
      } else if (wanted.compare(most) > 0) {
        errors.invalid(
          `${field}.requests`,
          scalarText(value),
          `must be less than or equal to ${name} limit of ${scalarText(limit)}`,
        );
      }
    }
  }
}

/** A plain list of resources, as a quota's `hard` or a volume's `capacity`. */
export function validateResourceList(list: MutableJson | undefined, field: string, errors: FieldErrors): void {
  if (!isObject(list)) return;
  for (const [name, value] of Object.entries(list)) {
    errors.each(`${field}[${name}]`, name, checkQualifiedName(name));
    validateQuantity(value, `${field}[${name}]`, errors);
  }
}
