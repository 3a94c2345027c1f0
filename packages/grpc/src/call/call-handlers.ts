import { create } from '@bufbuild/protobuf';
import type { DescMessage, Message, MessageInitShape } from '@bufbuild/protobuf';
import type {
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedHandleCall,
  sendUnaryData,
} from '@grpc/grpc-js';
import type { MethodPlan } from '../service/service-plan.js';
import type { GrpcStatusError } from '../status/grpc-status-error.js';
import { ActiveCall } from './active-call.js';
import type { CallServices } from './call-services.js';
import { abortable, incoming, writeAll } from './streams.js';

/** The function that grpc-js calls for a method. */
export function callHandler(plan: MethodPlan, services: CallServices): UntypedHandleCall {
  const { methodKind } = plan.method;
  if (methodKind === 'unary') {
    return (call: ServerUnaryCall<Message, Message>, respond: sendUnaryData<Message>) => {
      const active = new ActiveCall(plan, call, services);
      void single(active, plan, respond, () => [call.request, active.admit(call.request)]);
    };
  }
  if (methodKind === 'client_streaming') {
    return (call: ServerReadableStream<Message, Message>, respond: sendUnaryData<Message>) => {
      const active = new ActiveCall(plan, call, services);
      void single(active, plan, respond, () => [checked(active, incoming(call, active.signal)), undefined]);
    };
  }
  if (methodKind === 'server_streaming') {
    return (call: ServerWritableStream<Message, Message>) => {
      const active = new ActiveCall(plan, call, services);
      void stream(active, plan, call, () => [call.request, active.admit(call.request)]);
    };
  }
  return (call: ServerDuplexStream<Message, Message>) => {
    const active = new ActiveCall(plan, call, services);
    void stream(active, plan, call, () => [checked(active, incoming(call, active.signal)), undefined]);
  };
}

/** The handler's input, and the lock that it holds. */
type Input = () => [unknown, Disposable | undefined];
type Fail = (status: GrpcStatusError) => void;

/** A call with one response. */
async function single(
  active: ActiveCall,
  plan: MethodPlan,
  respond: sendUnaryData<Message>,
  input: Input,
): Promise<void> {
  const refuse = (status: GrpcStatusError): void => respond(active.wireStatus(status));
  await run(active, input, refuse, async (request) => {
    const message = response(plan.method.output, await plan.invoke(request, active));
    return () => respond(null, message);
  });
}

/** A call with a stream of responses. */
async function stream(
  active: ActiveCall,
  plan: MethodPlan,
  call: ServerWritableStream<Message, Message> | ServerDuplexStream<Message, Message>,
  input: Input,
): Promise<void> {
  const refuse = (status: GrpcStatusError): void => void call.emit('error', active.wireStatus(status));
  await run(active, input, refuse, async (request) => {
    const responses = plan.invoke(request, active) as AsyncIterable<unknown>;
    await writeAll(call, responses, (item) => response(plan.method.output, item), active.signal);
    return () => call.end();
  });
}

/**
 * Runs a handler and answers. The answer goes out when the signal aborts, even if the handler does not heed it; the lock
 * is held, and the call counts as active, until the handler has really ended.
 */
async function run(
  active: ActiveCall,
  input: Input,
  refuse: Fail,
  work: (request: unknown) => Promise<() => void>,
): Promise<void> {
  const guarded = async (): Promise<() => void> => {
    try {
      const [request, lock] = input();
      try {
        return await work(request);
      } finally {
        lock?.[Symbol.dispose]();
      }
    } finally {
      active.ended();
    }
  };
  try {
    const succeed = await abortable(active.traced(guarded), active.signal);
    active.answered();
    succeed();
  } catch (error) {
    const status = active.statusOf(error);
    active.answered(status);
    refuse(status);
  }
}

async function* checked(active: ActiveCall, requests: AsyncIterable<Message>): AsyncIterable<Message> {
  for await (const request of requests) {
    active.admit(request);
    yield request;
  }
}

function response(desc: DescMessage, value: unknown): Message {
  return create(desc, (value ?? {}) as MessageInitShape<DescMessage>);
}
