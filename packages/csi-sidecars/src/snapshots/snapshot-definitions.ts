import { isAlreadyExists, isNotFound } from '@kubewright/api';
import type { Kind } from '@kubewright/api';
import { CustomResourceDefinition } from '@kubewright/api/apiextensions/v1';
import type { JSONSchemaProps } from '@kubewright/api/apiextensions/v1';
import { Cluster } from '@kubewright/controller';
import { Plugin, inject } from '@kubewright/core';
import type { Lifecycle, StartContext } from '@kubewright/core';
import { groupSnapshotSchemas, snapshotSchemas } from './snapshot-schemas.js';

/** Servers refuse kinds of Kubernetes' own groups that name no approval. */
const approval = 'https://github.com/kubernetes-csi/external-snapshotter/pull/814';

export function snapshotDefinitions(): CustomResourceDefinition[] {
  return snapshotSchemas.map(([kind, schema]) => definition(kind, schema));
}

export function groupSnapshotDefinitions(): CustomResourceDefinition[] {
  return groupSnapshotSchemas.map(([kind, schema]) => definition(kind, schema));
}

/** The names of the definitions. */
export const definitionNames: readonly string[] = snapshotSchemas.map(([kind]) => nameOf(kind));
export const groupDefinitionNames: readonly string[] = groupSnapshotSchemas.map(([kind]) => nameOf(kind));

abstract class Definitions implements Lifecycle {
  constructor(@inject(Cluster) private readonly cluster: Cluster) {}

  /** Resolves when they are stored; the controllers wait until they are served. */
  async start({ signal }: StartContext): Promise<void> {
    const client = this.cluster.client({ name: 'volume-snapshot-definitions', needsLeader: false });
    for (const object of this.definitions()) {
      try {
        // Where they are installed with the driver, this has the right to look and not to create.
        await client.get(CustomResourceDefinition, { name: object.metadata.name ?? '' }, { signal });
      } catch (missing) {
        if (!isNotFound(missing)) throw missing;
        await client.create(CustomResourceDefinition, object, { signal }).catch((failed: unknown) => {
          if (!isAlreadyExists(failed)) throw failed;
        });
      }
    }
  }

  protected abstract definitions(): readonly CustomResourceDefinition[];
}

/** Gives a cluster the kinds of volume snapshots where it has none; those that it has stay as they are. */
@Plugin({ name: 'volume-snapshot-definitions', stage: 'prepare' })
export class SnapshotDefinitions extends Definitions {
  protected override definitions(): readonly CustomResourceDefinition[] {
    return snapshotDefinitions();
  }
}

/** The same for the kinds of volume group snapshots. */
@Plugin({ name: 'volume-group-snapshot-definitions', stage: 'prepare' })
export class GroupSnapshotDefinitions extends Definitions {
  protected override definitions(): readonly CustomResourceDefinition[] {
    return groupSnapshotDefinitions();
  }
}

function nameOf({ plural, group }: Kind): string {
  return `${plural}.${group}`;
}

function definition(kind: Kind, openAPIV3Schema: JSONSchemaProps): CustomResourceDefinition {
  const { group, version, plural, singular, scope, shortNames } = kind;
  const hasStatus = openAPIV3Schema.properties?.['status'] !== undefined;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: nameOf(kind),
      annotations: { 'api-approved.kubernetes.io': approval },
    },
    spec: {
      group,
      scope,
      names: { kind: kind.kind, listKind: `${kind.kind}List`, plural, singular, shortNames: [...shortNames] },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema },
          ...(hasStatus && { subresources: { status: {} } }),
        },
      ],
    },
  };
}
