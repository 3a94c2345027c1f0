/** A CustomResourceDefinition as far as the server acts on it, read once from the stored object. */
import type { JsonObject, KubeObject, Schema } from '@kubewright/api';
import type { CustomResourceDefinition } from '@kubewright/api/apiextensions/v1';
import { typed } from '../object/object-bytes.js';
import type { CustomColumn } from '../tables/index.js';

export const definitionGroup = 'apiextensions.k8s.io';
export const definitionPlural = 'customresourcedefinitions';
/** Holds a definition that is being deleted until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

export interface DefinitionNames {
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

export interface DefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly schema: Schema;
  readonly columns: readonly CustomColumn[];
  readonly hasStatus: boolean;
  readonly scale:
    | { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath?: string }
    | undefined;
  /** As `.spec.color`. */
  readonly selectableFields: readonly string[];
  /** What every answer of a deprecated version warns with. */
  readonly warning: string | undefined;
}

export interface Definition {
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  /** The specification as text: what is the same is served the same way. */
  readonly form: string;
  readonly deleting: boolean;
  readonly group: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly names: DefinitionNames;
  readonly versions: readonly DefinitionVersion[];
  readonly created: string;
}

/** A CustomResourceDefinition whose schemas and columns are what the server reads them as. */
interface StoredDefinition extends KubeObject {
  readonly spec: Omit<CustomResourceDefinition['spec'], 'versions'> & {
    readonly versions: readonly (Omit<StoredVersion, 'schema' | 'additionalPrinterColumns'> & {
      readonly schema?: { readonly openAPIV3Schema?: Schema };
      readonly additionalPrinterColumns?: readonly CustomColumn[];
    })[];
  };
}

type StoredVersion = CustomResourceDefinition['spec']['versions'][number];

/** Reads a definition that validation let pass. */
export function readDefinition(object: JsonObject): Definition {
  const { metadata, spec } = typed<StoredDefinition>(object);
  const { names, group } = spec;
  return {
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    generation: metadata?.generation ?? 1,
    form: JSON.stringify(spec),
    deleting: metadata?.deletionTimestamp !== undefined,
    created: metadata?.creationTimestamp ?? '',
    group,
    scope: spec.scope === 'Cluster' ? 'Cluster' : 'Namespaced',
    names: {
      plural: names.plural,
      singular: names.singular ?? names.kind.toLowerCase(),
      kind: names.kind,
      listKind: names.listKind ?? `${names.kind}List`,
      shortNames: names.shortNames ?? [],
      categories: names.categories ?? [],
    },
    versions: spec.versions.map((version) => ({
      name: version.name,
      served: version.served,
      storage: version.storage,
      schema: version.schema?.openAPIV3Schema ?? { 'x-kubernetes-preserve-unknown-fields': true },
      columns: version.additionalPrinterColumns ?? [],
      hasStatus: version.subresources?.status !== undefined,
      scale: version.subresources?.scale,
      selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath),
      warning:
        version.deprecated === true
          ? (version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated`)
          : undefined,
    })),
  };
}
