import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CallContext } from '../service/call-context.js';
import { Echo } from '../generated/kubewright/testing/v1/echo_pb.js';
import type { CountRequest, SayRequest, SayResponseSchema } from '../generated/kubewright/testing/v1/echo_pb.js';
import { ExclusiveBy, GrpcService, ValidateRequest } from '../service/decorators.js';

type SayResponse = MessageInitShape<typeof SayResponseSchema>;

/** A service with a method of each kind, for this package's own tests. `Whisper` is left out on purpose. */
@GrpcService(Echo, { limits: { maxStringBytes: 128 }, statusDetails: true })
export class EchoService {
  /** What `say` does before it answers; tests replace it. */
  before: (request: SayRequest, context: CallContext) => Promise<void> = () => Promise.resolve();
  /** How many streams were told to return. */
  returned = 0;

  @ValidateRequest<SayRequest>({ required: ['text'] })
  @ExclusiveBy<SayRequest>(({ target }) => (target.case === 'room' ? target.value : undefined))
  async say(request: SayRequest, context: CallContext): Promise<SayResponse> {
    await this.before(request, context);
    return { text: request.text };
  }

  async *count({ to }: CountRequest): AsyncGenerator<SayResponse> {
    try {
      for (let number = 1; number <= to; number++) yield { text: String(number) };
    } finally {
      this.returned++;
    }
  }

  async collect(requests: AsyncIterable<SayRequest>): Promise<SayResponse> {
    const heard: string[] = [];
    for await (const { text } of requests) heard.push(text);
    return { text: heard.join(' ') };
  }

  async *chat(requests: AsyncIterable<SayRequest>): AsyncGenerator<SayResponse> {
    for await (const { text } of requests) yield { text: `heard ${text}` };
  }
}
