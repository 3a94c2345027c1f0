/**
 * The two services of the Container Runtime Interface as base classes. Neighbours: `client` calls them, `proxy` forwards
 * them, `streaming` serves the URLs that some answers hold. What a runtime does with containers is not here.
 */
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';

/** What a method may answer: the response message, or a plain object with its fields. */
export type Answer<D extends DescMessage> = MessageInitShape<D>;
