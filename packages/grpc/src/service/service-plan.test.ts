import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { grpcErrors } from '../errors/grpc-errors.js';
import { Echo, SayRequestSchema } from '../generated/kubewright/testing/v1/echo_pb.js';
import type { CountRequest, SayRequest } from '../generated/kubewright/testing/v1/echo_pb.js';
import { EchoService } from '../testing/echo-service.js';
import { ExclusiveBy, GrpcMethod, GrpcService, ValidateRequest } from './decorators.js';
import { implementedMethods, planServices } from './service-plan.js';

/** As an SDK writes it: methods are declared, and only subclasses have them. */
@GrpcService(Echo, { methods: { say: { rules: { required: ['text'] }, exclusiveBy: ({ text }) => text } } })
abstract class EchoBase {
  say?(request: SayRequest): Promise<{ text: string }>;
  count?(request: CountRequest): AsyncIterable<{ text: string }>;
}

class Talker extends EchoBase {
  @ValidateRequest<SayRequest>({ required: ['speaker'] })
  @ValidateRequest<SayRequest>(({ text }) => (text === 'bad' ? { field: 'text', reason: 'is bad' } : undefined))
  override async say({ text }: SayRequest): Promise<{ text: string }> {
    return { text };
  }
}
class LoudTalker extends Talker {
  @GrpcMethod('Whisper')
  async hush({ text }: SayRequest): Promise<{ text: string }> {
    return { text };
  }
}

const names = (instance: object): string[] => implementedMethods(instance, Echo).map(({ name }) => name);

describe('implementedMethods', () => {
  it('are those that the class or an ancestor has', () => {
    class Silent extends EchoBase {}
    expect(names(new Silent())).toEqual([]);
    expect(names(new Talker())).toEqual(['Say']);
    expect(names(new LoudTalker())).toEqual(['Say', 'Whisper']);
    expect(names(new EchoService())).toEqual(['Say', 'Count', 'Collect', 'Chat']);
  });

  it('follow a field that holds a function, and nothing else', () => {
    expect(names({ say: () => undefined, count: 5 })).toEqual(['Say']);
  });
});

describe('planServices', () => {
  it('inherits the service, its rules and its locks, and adds those of the method', async () => {
    const [plan] = planServices(new LoudTalker());
    expect(plan?.service).toBe(Echo);
    const [say] = plan?.methods ?? [];
    const check = (text: string): unknown =>
      say?.checks.map((rule) => rule(create(SayRequestSchema, { text, speaker: {} }))).find(Boolean);
    expect(check('')).toEqual({ field: 'text', reason: 'is required' });
    expect(check('bad')).toEqual({ field: 'text', reason: 'is bad' });
    expect(check('good')).toBeUndefined();
    expect(say?.checks[0]?.(create(SayRequestSchema, { text: 'x' }))).toEqual({
      field: 'speaker',
      reason: 'is required',
    });
    expect(say?.exclusive?.({ text: 'key' } as never)).toBe('key');
  });

  it('refuses an object whose class is no service', () => {
    expect(() =>
      planServices(
        new (class Lonely {
          readonly name = 'nobody';
        })(),
      ),
    ).toThrow(grpcErrors.NOT_A_SERVICE({ class: 'Lonely' }).message);
  });

  it('refuses a method that the interface does not have', () => {
    class Wrong extends EchoBase {
      @GrpcMethod('Shout')
      async loud(): Promise<object> {
        return {};
      }
    }
    expect(() => planServices(new Wrong())).toThrow(/Wrong.loud is decorated as gRPC method 'Shout'/);
  });

  it('refuses a lock on a stream of requests', () => {
    @GrpcService(Echo)
    class Locked {
      @ExclusiveBy(() => 'key')
      async collect(): Promise<object> {
        return {};
      }
    }
    expect(() => planServices(new Locked())).toThrow(/takes a stream of requests/);
  });
});
