import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';

/** What a method may answer: the response message, or a plain object with its fields. */
export type Answer<D extends DescMessage> = MessageInitShape<D>;
