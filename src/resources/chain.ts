import type { MembershipId, UserId } from '#src/ids.ts';
import type { StoredRecord } from '#src/storage/record-store.ts';

import { highestRight, type ResourceNode, type ResourceRight, type Right } from './resource.ts';

/** A node and all above it, with rights on these. */
export interface Chain {
  /** From the node upwards. */
  readonly nodes: readonly StoredRecord<ResourceNode>[];
  /** Whether it ends at the top. Else a node above was deleted, and this one with it. */
  readonly complete: boolean;
  /** On these very nodes, of those who were asked about; not yet whether they are still in the stay in which it was given. */
  readonly rights: readonly StoredRecord<ResourceRight>[];
}

/** Whether anybody can reach the node: neither it nor a node above it is recycled or deleted (S13). */
export const isReachable = ({ nodes, complete }: Chain): boolean => complete && nodes.every(({ value }) => value.status === 'active');

/** What a member may do on the node: the highest right on it or above it. */
export const rightOfMember = ({ rights }: Chain, { user, membership }: { user: UserId; membership: MembershipId }): Right | undefined =>
  highestRight(rights.filter(({ value }) => value.user === user && value.membership === membership).map(({ value }) => value.right));
