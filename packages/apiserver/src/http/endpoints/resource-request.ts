import type { JsonObject } from '@kubewright/api';
import type { CachedObject } from '../../cache/cached-object.js';
import type { Matcher } from '../../cache/matcher.js';
import type { ServedResource } from '../../registry/served-resource.js';
import type { WriteRequest } from '../../store/write-request.js';
import { decodeObject, readFieldValidation } from '../encoding/body-decoding.js';
import type { Representation } from '../encoding/negotiation.js';
import { objectResponse, valueResponse } from '../encoding/representations.js';
import type { RequestContext } from '../request-context.js';
import type { ResourceRequestInfo } from '../request-info.js';
import type { ServerResponse } from '../server-request.js';
import { readBody, writeRequest } from './request-reading.js';
import { selection } from './selection.js';

/** A request for a resource that is served: who asks what of which resource, and in which form he wants the answer. */
export class ResourceRequest {
  readonly context: RequestContext;
  readonly info: ResourceRequestInfo;
  readonly resource: ServedResource;
  readonly representation: Representation;

  constructor(
    context: RequestContext,
    info: ResourceRequestInfo,
    resource: ServedResource,
    representation: Representation,
  ) {
    this.context = context;
    this.info = info;
    this.resource = resource;
    this.representation = representation;
  }

  get query(): URLSearchParams {
    return this.context.query;
  }

  get signal(): AbortSignal {
    return this.context.signal;
  }

  /** What the store is told of a write. @throws 422 for a dryRun or fieldManager that is none */
  forWrite(): WriteRequest {
    return writeRequest(this.context, this.info, this.resource);
  }

  /** The object in the body. @throws 400 and 415 for a body that is no object of this resource */
  async object(): Promise<JsonObject> {
    const { context, resource, query } = this;
    const body = await readBody(context, resource.kind);
    return decodeObject(body, resource, readFieldValidation(query.get('fieldValidation')), context.warn);
  }

  /**
   * What the path and the selectors pick.
   *
   * @throws 400 for a selector that cannot be read
   */
  selection(): Matcher {
    return selection(this.resource, this.info.namespace, this.info.name, this.query);
  }

  answer(status: number, object: CachedObject): Promise<ServerResponse> {
    return objectResponse(status, this.resource, object, this.representation);
  }

  /** Answers a value that is no object of the resource, as a Status. */
  answerValue(status: number, value: object): Promise<ServerResponse> {
    return valueResponse(status, value, this.representation);
  }
}
