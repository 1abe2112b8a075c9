import type { ResourceKind } from '#src/resources/resource-kind.ts';
import { RIGHTS, type Right } from '#src/resources/resource.ts';

const AS_THE_RIGHTS: ReadonlyMap<string, Right> = new Map(RIGHTS.map((right) => [right, right]));

/** What can be done with nodes of a kind, and the right it takes: what the kind says, else the rights by their own names. */
export const actionsOf = (kind: ResourceKind | undefined): ReadonlyMap<string, Right> =>
  kind === undefined ? new Map() : kind.actions ? new Map(Object.entries(kind.actions)) : AS_THE_RIGHTS;
