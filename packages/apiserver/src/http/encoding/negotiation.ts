import { statusErrors } from '@kubewright/api';
import type { TableForm } from './table-encoding.js';

/** The form in which the client wants its answer. */
export interface Representation {
  readonly format: 'json' | 'yaml';
  /** What objects and lists are turned into; undefined: they are answered as they are. */
  readonly as: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | undefined;
  /** Whether JSON is to be indented for a human. */
  readonly pretty: boolean;
  /** How rows are made, where `as` is a Table. */
  readonly table: TableForm;
}

const formats = new Map<string, Representation['format']>([
  ['application/json', 'json'],
  ['application/yaml', 'yaml'],
  ['*/*', 'json'],
  ['application/*', 'json'],
]);
const accepted = ['application/json', 'application/yaml'];

/**
 * Picks the first of the client's wishes that can be met, the most wanted first.
 *
 * @param transforms - whether the answer may be turned into a table or into metadata alone.
 * @throws 406 where none can be met.
 */
export function negotiate(
  accept: string | undefined,
  transforms: boolean,
  pretty: boolean,
  table: TableForm = noTable,
): Representation {
  if (accept === undefined || accept.trim() === '') return { format: 'json', as: undefined, pretty, table };
  const wishes = accept
    .split(',')
    .map(parseWish)
    .sort((a, b) => b.quality - a.quality);
  for (const { type, parameters } of wishes) {
    const format = formats.get(type);
    if (format === undefined) continue;
    const as = parameters.get('as');
    if (as === undefined) return { format, as: undefined, pretty, table };
    const known = as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList';
    const version = parameters.get('v');
    if (!known || !transforms || parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1'))
      continue;
    return { format, as, pretty, table };
  }
  throw statusErrors.notAcceptable(accepted);
}

/** For answers that are never turned into a table. */
const noTable: TableForm = { include: 'None', now: () => 0 };

interface Wish {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

function parseWish(text: string): Wish {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = new Map(
    rest.map((parameter) => {
      const [name = '', value = ''] = parameter.split('=', 2);
      return [name.trim().toLowerCase(), value.trim()] as const;
    }),
  );
  const quality = Number(parameters.get('q') ?? 1);
  return { type: type.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 };
}

/** The media type of a Content-Type header, without parameters; JSON where there is none. */
export function mediaTypeOf(contentType: string | undefined): string {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() || 'application/json';
}
