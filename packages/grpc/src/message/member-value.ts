/** Fields of messages whose type is known by its description only, as redaction and validation meet them. */
import type { DescField, Message } from '@bufbuild/protobuf';
import { isRecord } from '@kubewright/core';

/** A field's value; undefined where it is a member of a oneof that is not the one chosen. */
export function memberValue(message: Message, field: DescField): unknown {
  if (field.oneof === undefined) return memberOf(message, field.localName);
  const chosen = oneofOf(message, field.oneof.localName);
  return chosen?.case === field.localName ? chosen.value : undefined;
}

/** What is chosen of a oneof; undefined where nothing is. */
export function oneofOf(message: Message, name: string): { case: unknown; value: unknown } | undefined {
  const group = memberOf(message, name);
  return isRecord(group) && group['case'] !== undefined ? { case: group['case'], value: group['value'] } : undefined;
}

/** Generated types of messages have no index signature. */
function memberOf(message: Message, name: string): unknown {
  return (message as Message & Readonly<Record<string, unknown>>)[name];
}
