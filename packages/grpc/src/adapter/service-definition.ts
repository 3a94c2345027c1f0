/**
 * Between protobuf-es, which describes services and encodes messages, and grpc-js, which carries the calls. Neighbours:
 * `server` and `client`, the only other places that know grpc-js.
 */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescMessage, DescMethod, DescService, Message } from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';

export type WireMethod = MethodDefinition<Message, Message>;

/** The path of a method on the wire, as `/csi.v1.Identity/Probe`. */
export function methodPath(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** What grpc-js needs to know about a method. */
export function methodDefinition(method: DescMethod): WireMethod {
  return {
    path: methodPath(method),
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: encoder(method.input),
    requestDeserialize: decoder(method.input),
    responseSerialize: encoder(method.output),
    responseDeserialize: decoder(method.output),
    originalName: method.localName,
  };
}

/** What grpc-js needs to know about a service: its methods by their name in the .proto file. */
export function serviceDefinition(service: DescService): Record<string, WireMethod> {
  return Object.fromEntries(service.methods.map((method) => [method.name, methodDefinition(method)]));
}

function encoder(desc: DescMessage): (message: Message) => Buffer {
  return (message) => {
    const bytes = toBinary(desc, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

function decoder(desc: DescMessage): (bytes: Buffer) => Message {
  // A plain view: fields of type bytes are cut from it, and a Buffer would make Buffers of them.
  return (bytes) => fromBinary(desc, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
