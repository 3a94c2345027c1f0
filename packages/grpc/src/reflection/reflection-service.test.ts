import { fromBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { ServerReflection } from '../generated/grpc/reflection/v1/reflection_pb.js';
import type {
  ServerReflectionRequestSchema,
  ServerReflectionResponse,
} from '../generated/grpc/reflection/v1/reflection_pb.js';
import { Code } from '../status/code.js';
import { EchoService } from '../testing/echo-service.js';
import { startTestServer } from '../testing/test-server.js';

type Asked = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest']>;

async function ask(...questions: Asked[]): Promise<ServerReflectionResponse['messageResponse'][]> {
  await using test = await startTestServer({ services: [new EchoService()], reflection: true });
  const requests = async function* () {
    for (const messageRequest of questions) yield { messageRequest };
  };
  const answers: ServerReflectionResponse['messageResponse'][] = [];
  for await (const { messageResponse } of test.client(ServerReflection).serverReflectionInfo(requests()))
    answers.push(messageResponse);
  return answers;
}

function files(answer: ServerReflectionResponse['messageResponse'] | undefined): string[] {
  if (answer?.case !== 'fileDescriptorResponse') throw new Error(`unexpected answer ${answer?.case}`);
  return answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
}

const echoFile = 'kubewright/testing/v1/echo.proto';

describe('reflection', () => {
  it('lists the services', async () => {
    const [answer] = await ask({ case: 'listServices', value: '' });
    const names = answer?.case === 'listServicesResponse' ? answer.value.service.map(({ name }) => name) : [];
    expect(names).toEqual([
      'kubewright.testing.v1.Echo',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
    ]);
  });

  it('finds files by name, and by service, method and type', async () => {
    const answers = await ask(
      { case: 'fileByFilename', value: echoFile },
      { case: 'fileContainingSymbol', value: 'kubewright.testing.v1.Echo' },
      { case: 'fileContainingSymbol', value: 'kubewright.testing.v1.Echo.Say' },
      { case: 'fileContainingSymbol', value: 'kubewright.testing.v1.SayRequest' },
    );
    expect(answers.map(files)).toEqual([[echoFile], [echoFile], [echoFile], [echoFile]]);
  });

  it('says what it does not have', async () => {
    const answers = await ask(
      { case: 'fileByFilename', value: 'no.proto' },
      { case: 'fileContainingSymbol', value: 'kubewright.testing.v1.Echo.Shout' },
      { case: 'fileContainingExtension', value: { containingType: 'no.Type', extensionNumber: 5 } },
      { case: 'allExtensionNumbersOfType', value: 'no.Type' },
      { case: undefined },
    );
    expect(answers.map((answer) => answer?.case === 'errorResponse' && answer.value.errorCode)).toEqual([
      Code.NOT_FOUND,
      Code.NOT_FOUND,
      Code.NOT_FOUND,
      Code.NOT_FOUND,
      Code.INVALID_ARGUMENT,
    ]);
  });

  it('is off unless asked for', async () => {
    await using test = await startTestServer({ services: [new EchoService()] });
    const read = async (): Promise<void> => {
      for await (const _ of test.client(ServerReflection).serverReflectionInfo((async function* () {})())) void _;
    };
    await expect(read()).rejects.toMatchObject({ status: Code.UNIMPLEMENTED });
  });
});
