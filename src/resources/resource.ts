import type { MembershipId, TenantId, UserId } from '#src/ids.ts';

/** What somebody may do on a node, from least to most; each holds those before it, and all below the node (S2). */
export const RIGHTS = ['read', 'write', 'manage', 'full_control'] as const;
export type Right = (typeof RIGHTS)[number];

/** A node is named by the platform: its kind of `config/resources.yaml`, and an id that is unique among these in the tenant. */
export interface ResourceRef {
  readonly kind: string;
  readonly id: string;
}

/**
 * One node and no later one of the same name: a node that was deleted and registered again is another. What hangs on a
 * node, a right or a node below it, names it like this, so that nothing comes back to life with the name (S13).
 */
export interface NodeRef extends ResourceRef {
  readonly incarnation: string;
}

/** One node of a tenant's resource tree. */
export interface ResourceNode extends NodeRef {
  readonly tenant: TenantId;
  readonly title: string;
  /** `null` at the top of a tree. */
  readonly parent: NodeRef | null;
  /** What a list was made from, where its kind knows templates (S3). */
  readonly template: string | null;
  /** What lies under a recycled node cannot be reached, until that is restored (S13). */
  readonly status: 'active' | 'recycled';
  /**
   * The nodes above, from the top, as they were when this was written. A hint that saves round trips: whoever follows it
   * compares each link with the node's own `parent`, so that moving a node is one write however much is below.
   */
  readonly path: readonly ResourceRef[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What a member may do on a node and below. It ends with the stay in the tenant in which it was given. */
export interface ResourceRight {
  readonly tenant: TenantId;
  readonly node: NodeRef;
  readonly user: UserId;
  readonly membership: MembershipId;
  readonly right: Right;
}

/** What an app was given on one node, in a grant or an installation. */
export interface ResourceGrant extends NodeRef {
  readonly right: Right;
}

/** What counts of it right now. */
export interface EffectiveGrant extends ResourceGrant {
  /** It counts while the node is made from this one, whenever that is read; `null`: whatever it is made from. */
  readonly template: string | null;
}

/** A node that a person chose for an app. */
export interface ChosenNode extends ResourceGrant {
  /** What the person has to hold there, which can be more than the app gets (S12). */
  readonly needs: Right;
  /** The name by which the tenant decides on it. */
  readonly permission: string;
}

/** What a version of an app asks for on a node of some kind, which a person then picks. */
export interface RequestedResource {
  readonly kind: string;
  readonly right: Right;
  /** Only nodes made from it can be picked; `null` for any. */
  readonly template: string | null;
  readonly required: boolean;
}

/** By identity: what the app may ask of a person, and what of a tenant. */
export interface RequestedResources {
  readonly user: readonly RequestedResource[];
  readonly tenant: readonly RequestedResource[];
}

export const holdsRight = (held: Right, needed: Right): boolean => RIGHTS.indexOf(held) >= RIGHTS.indexOf(needed);

export const highestRight = (rights: readonly Right[]): Right | undefined => RIGHTS.findLast((right) => rights.includes(right));

/** As text, one to one, whatever stands in the id (xT5). */
export const nameOf = ({ kind, id }: ResourceRef): string => JSON.stringify([kind, id]);

export const isSameNode = (a: NodeRef, b: NodeRef): boolean => a.kind === b.kind && a.id === b.id && a.incarnation === b.incarnation;

/** Whether an app holds this on the node, as that is now. */
export const isHeldOn = ({ template, ...grant }: EffectiveGrant, node: NodeRef & Pick<ResourceNode, 'template'>): boolean =>
  isSameNode(grant, node) && (template === null || template === node.template);

/** As a path of the management API names a node. */
export interface NamedInPath {
  readonly kind: string;
  readonly resource: string;
}

export const refIn = ({ kind, resource }: NamedInPath): ResourceRef => ({ kind, id: resource });
export const refOf = ({ kind, id }: ResourceRef): ResourceRef => ({ kind, id });
export const nodeRefOf = ({ kind, id, incarnation }: NodeRef): NodeRef => ({ kind, id, incarnation });

/** What an app holds on nodes after more was given: each node once, with the higher right. */
export function withMore(held: readonly ResourceGrant[], given: readonly ResourceGrant[]): ResourceGrant[] {
  const nodes = new Map<string, ResourceGrant>();
  for (const { right, ...node } of [...held, ...given]) {
    const name = JSON.stringify([node.kind, node.id, node.incarnation]);
    const before = nodes.get(name)?.right;
    nodes.set(name, { ...nodeRefOf(node), right: before !== undefined && holdsRight(before, right) ? before : right });
  }
  return [...nodes.values()];
}
