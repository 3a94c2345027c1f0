/**
 * Server reflection (grpc.reflection.v1): tells tools such as grpcurl which services a server has and how their messages
 * look, from the descriptors that are compiled in. Off unless the server's options ask for it.
 */
import { createRegistry, toBinary } from '@bufbuild/protobuf';
import type { DescFile, DescService, MessageInitShape, Registry } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { ServerReflection } from '../generated/grpc/reflection/v1/reflection_pb.js';
import type {
  ServerReflectionRequest,
  ServerReflectionResponseSchema,
} from '../generated/grpc/reflection/v1/reflection_pb.js';
import { GrpcService } from '../service/decorators.js';
import { Code } from '../status/code.js';

type Response = MessageInitShape<typeof ServerReflectionResponseSchema>;
type Answer = NonNullable<Response['messageResponse']>;

@GrpcService(ServerReflection)
export class ReflectionService {
  readonly #services: readonly DescService[];
  readonly #files = new Map<string, DescFile>();
  readonly #registry: Registry;

  constructor(services: readonly DescService[]) {
    this.#services = [...services, ServerReflection];
    for (const { file } of this.#services) this.#collect(file);
    this.#registry = createRegistry(...this.#files.values());
  }

  async *serverReflectionInfo(requests: AsyncIterable<ServerReflectionRequest>): AsyncGenerator<Response> {
    for await (const request of requests) {
      yield {
        validHost: request.host,
        originalRequest: request,
        messageResponse: this.#answer(request.messageRequest),
      };
    }
  }

  #answer(asked: ServerReflectionRequest['messageRequest']): Answer {
    switch (asked.case) {
      case 'listServices':
        return {
          case: 'listServicesResponse',
          value: { service: this.#services.map(({ typeName }) => ({ name: typeName })) },
        };
      case 'fileByFilename':
        return this.#file(this.#files.get(asked.value), asked.value);
      case 'fileContainingSymbol':
        return this.#file(this.#fileOfSymbol(asked.value), asked.value);
      case 'fileContainingExtension': {
        const { containingType, extensionNumber } = asked.value;
        const extension = this.#extensions(containingType).find(({ number }) => number === extensionNumber);
        return this.#file(extension?.file, `extension ${extensionNumber} of ${containingType}`);
      }
      case 'allExtensionNumbersOfType': {
        if (this.#registry.getMessage(asked.value) === undefined) return notFound(asked.value);
        const extensionNumber = this.#extensions(asked.value).map(({ number }) => number);
        return { case: 'allExtensionNumbersResponse', value: { baseTypeName: asked.value, extensionNumber } };
      }
      default:
        return refusal(Code.INVALID_ARGUMENT, 'message_request is required');
    }
  }

  /** A file with all that it imports, so that a client needs no second question. */
  #file(file: DescFile | undefined, name: string): Answer {
    if (file === undefined) return notFound(name);
    const needed = new Set<DescFile>();
    const visit = (at: DescFile): void => {
      if (needed.has(at)) return;
      needed.add(at);
      at.dependencies.forEach(visit);
    };
    visit(file);
    const fileDescriptorProto = [...needed].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
    return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
  }

  /** A symbol is a type, a service, or a method of one. */
  #fileOfSymbol(symbol: string): DescFile | undefined {
    const found = this.#registry.get(symbol);
    if (found !== undefined) return found.file;
    const cut = symbol.lastIndexOf('.');
    const service = this.#registry.getService(symbol.slice(0, cut));
    return service?.methods.some(({ name }) => name === symbol.slice(cut + 1)) === true ? service.file : undefined;
  }

  #extensions(type: string): { readonly number: number; readonly file: DescFile }[] {
    const extensions = [...this.#files.values()].flatMap((file) => file.extensions);
    return extensions.filter(({ extendee }) => extendee.typeName === type);
  }

  #collect(file: DescFile): void {
    const name = `${file.name}.proto`;
    if (this.#files.has(name)) return;
    this.#files.set(name, file);
    for (const needed of file.dependencies) this.#collect(needed);
  }
}

function notFound(name: string): Answer {
  return refusal(Code.NOT_FOUND, `the server has nothing named '${name}'`);
}

function refusal(errorCode: Code, errorMessage: string): Answer {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
}
