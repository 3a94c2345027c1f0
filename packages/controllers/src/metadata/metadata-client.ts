/** Objects of any kind by their metadata alone. */
import { Client } from '@kubewright/informer';
import type { ApiRequest, ApiResponse, ClientOptions, Transport } from '@kubewright/informer';

// A server that knows no metadata answers the whole objects, which will do.
const ofOne = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;q=0.8';
const ofList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;q=0.8';

/** Asks for the metadata of objects instead of the whole of them. */
class MetadataTransport implements Transport {
  readonly host: string;

  constructor(private readonly transport: Transport) {
    this.host = transport.host ?? '';
  }

  send(request: ApiRequest, signal?: AbortSignal): Promise<ApiResponse> {
    const accept = acceptFor(request);
    const full = accept === undefined ? request : { ...request, headers: { ...request.headers, accept } };
    return this.transport.send(full, signal);
  }

  /** Nothing: the connection is somebody else's. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

function acceptFor({ method, path, headers }: ApiRequest): string | undefined {
  const wish = headers?.['accept'];
  // Whoever asks for something of his own, as discovery does, gets it. Deletes may answer a Status, a list or an object.
  if ((wish !== undefined && wish !== 'application/json') || (method !== 'GET' && method !== 'PATCH')) return undefined;
  return method === 'GET' && isCollection(path) ? ofList : ofOne;
}

/** Whether a path is a kind's collection, read as a list. The events of a watch are single objects. */
function isCollection(path: string): boolean {
  const { pathname, searchParams } = new URL(path, 'http://server');
  if (searchParams.get('watch') === 'true') return false;
  const segments = pathname.split('/').filter((segment) => segment !== '');
  const inVersion = segments.slice(segments[0] === 'api' ? 2 : 3);
  const inScope = inVersion[0] === 'namespaces' && inVersion.length > 2 ? inVersion.slice(2) : inVersion;
  return inScope.length === 1;
}

/** A client whose objects have nothing but their metadata. For kinds of which no more is wanted, whatever they are. */
export function metadataClient(options: ClientOptions): Client {
  return new Client({ ...options, transport: new MetadataTransport(options.transport) });
}
