import type { DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { CallContext } from './call-context.js';

/** How a class implements a method; a response may be a plain object with the message's fields. */
export type MethodHandler<M extends DescMethod> = M['methodKind'] extends 'unary'
  ? (request: MessageShape<M['input']>, context: CallContext) => Promise<MessageInitShape<M['output']>>
  : M['methodKind'] extends 'server_streaming'
    ? (request: MessageShape<M['input']>, context: CallContext) => AsyncIterable<MessageInitShape<M['output']>>
    : M['methodKind'] extends 'client_streaming'
      ? (
          requests: AsyncIterable<MessageShape<M['input']>>,
          context: CallContext,
        ) => Promise<MessageInitShape<M['output']>>
      : (
          requests: AsyncIterable<MessageShape<M['input']>>,
          context: CallContext,
        ) => AsyncIterable<MessageInitShape<M['output']>>;

/**
 * The methods of a service that a class may implement, by their names in TypeScript. All are optional: what is missing
 * answers UNIMPLEMENTED. An SDK declares them as optional methods of its base class, so that `override` is checked.
 */
export type ServiceHandlers<S extends DescService> = { [K in keyof S['method']]?: MethodHandler<S['method'][K]> };
