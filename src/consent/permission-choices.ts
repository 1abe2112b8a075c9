import type { AppInTenant } from '#src/approvals/decide.ts';

import { declaredForUser } from './effective-permissions.ts';
import type { Grant } from './grant.ts';
import type { GrantedNode } from './granted-nodes.ts';
import { permissionLines, type PermissionLine } from './permission-line.ts';
import { isProtocolScope, sortScopes } from './requested-scopes.ts';
import { reviewLines, type KnownReviews, type ReviewLine } from './review-line.ts';

export interface PermissionChoice extends PermissionLine {
  readonly name: string;
  readonly held: boolean;
  /** The app cannot do without it. Held, it is no choice; new with a version, it can be allowed here. */
  readonly required: boolean;
}

/** What a member can change in what an app may do for them. */
export interface PermissionChoices {
  /** Part of the app: it ends with the app. */
  readonly fixed: readonly PermissionLine[];
  readonly choices: readonly PermissionChoice[];
  /** Where it may do what, each to be taken back apart. */
  readonly nodes: readonly GrantedNode[];
  /** Somebody has to approve it first. */
  readonly later: readonly ReviewLine[];
}

export function permissionChoices(grant: Grant, inTenant: AppInTenant, { nodes, reviews }: { nodes: readonly GrantedNode[]; reviews: KnownReviews }): PermissionChoices {
  const { catalogue, version } = inTenant;
  const sorted = sortScopes({ identity: 'user', asked: declaredForUser(version, catalogue), standing: inTenant }, grant.permissions);
  const isRequired = (name: string) => version.permissions.user.required.includes(name);
  const isFixed = (name: string) => isProtocolScope(name) || isRequired(name);
  const choice = (held: boolean) => (name: string): PermissionChoice[] =>
    permissionLines([name], catalogue).map((line) => ({ ...line, name, held, required: isRequired(name) }));
  return {
    fixed: permissionLines(sorted.held.filter(isFixed), catalogue),
    choices: [
      ...sorted.held.filter((name) => !isFixed(name)).flatMap(choice(true)),
      ...[...sorted.required, ...sorted.optional].filter((name) => !isProtocolScope(name)).flatMap(choice(false)),
    ],
    nodes,
    later: reviewLines(sorted.inReview, 'user', { catalogue, reviews, user: grant.user }),
  };
}

/** What a member wants otherwise than it is. */
export interface PermissionUpdate {
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** Names of nodes on which the app may do nothing any more. */
  readonly removeNodes: readonly string[];
}

export const updateTo = ({ choices, nodes }: PermissionChoices, ticked: readonly string[], tickedNodes: readonly string[]): PermissionUpdate => ({
  add: choices.filter(({ name, held }) => !held && ticked.includes(name)).map(({ name }) => name),
  remove: choices.filter(({ name, held }) => held && !ticked.includes(name)).map(({ name }) => name),
  removeNodes: nodes.filter(({ name, fixed }) => !fixed && !tickedNodes.includes(name)).map(({ name }) => name),
});
