/**
 * The way of a request: `listener` takes it from a socket, `pipeline` asks who and whether he may, `endpoints` answer,
 * `encoding` is how bodies come and go. Here is what all four speak of.
 */
import type { Duplex } from 'node:stream';
import { extensionPoint } from '@kubewright/core';
import type { ExtensionPoint } from '@kubewright/core';
import { serverLevel } from '../server-level.js';
import type { User } from '../auth/authenticator.js';
import type { RequestInfo } from './request-info.js';
import type { ServerRequest, ServerResponse } from './server-request.js';

/** One request on its way through the server, authenticated and authorized. */
export interface RequestContext {
  readonly request: ServerRequest;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly user: User;
  /** Aborts when the client is gone, the request took too long or the server stops. */
  readonly signal: AbortSignal;
  /**
   * For handlers that do more than the request's own verb says, as an update that creates.
   *
   * @throws 403 where the user may not do `verb` to what the request is about.
   */
  authorize(verb: string): Promise<void>;
  /** The JSON of a YAML text; long ones are parsed on another thread. Throws what is wrong with the text. */
  yamlToJson(text: string): Promise<string>;
  /** Adds a text to the answer's warnings. */
  warn(text: string): void;
}

/** Answers requests that the generic resource handling does not: documents, reviews, streams. Asked in order, before it. */
export interface RequestHandler {
  /** Undefined where the request is none of this handler's. Errors that are a StatusError become the answer. */
  handle(context: RequestContext): Promise<ServerResponse> | undefined;
}

export const RequestHandler: ExtensionPoint<RequestHandler> = extensionPoint('@kubewright/apiserver/RequestHandler', {
  level: serverLevel,
});

/** Serves requests that turn their connection into another protocol, as exec and port-forward do. */
export interface UpgradeHandler {
  /**
   * Undefined where the request is none of this handler's. Otherwise it owns the socket; a StatusError that it throws
   * before it has written anything becomes the answer.
   */
  upgrade(context: RequestContext, socket: Duplex, head: Buffer): Promise<void> | undefined;
}

export const UpgradeHandler: ExtensionPoint<UpgradeHandler> = extensionPoint('@kubewright/apiserver/UpgradeHandler', {
  level: serverLevel,
});
