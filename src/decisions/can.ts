import { SHARED_ACCESS } from '#src/apps/catalogue.ts';
import type { Identity } from '#src/approvals/rules.ts';
import type { ContextKind } from '#src/contexts/context-kind.ts';
import { isOnlyForOwn, methodState } from '#src/contexts/methods.ts';
import { holdsRight, isHeldOn, type EffectiveGrant, type NodeRef, type ResourceNode, type Right } from '#src/resources/resource.ts';

import { policyOf, userOf, type Decision, type Denial, type Resource, type Subject } from './decision.ts';

/** What an app holds just now, as it acts in this call. */
export interface AppSide {
  /** The identity it acts with. */
  readonly identity: Identity;
  /** Whether the member, or an admin of the tenant, gave it anything. */
  readonly connected: boolean;
  /** Scope values, `shared_access` among them. */
  readonly permissions: readonly string[];
  /** Rights on nodes; each counts for all below it (S2). */
  readonly nodes: readonly EffectiveGrant[];
  /** Whether its version may use what it holds on nodes with no person in the call (S6). */
  readonly appOnly: boolean;
}

/** All that a decision is made of, as it is now; what a question is not about is left out. */
export interface Facts {
  /** Why nothing can be done at all, whatever is asked: the app is switched off, say, or the member gone. */
  readonly hindrance?: Denial;
  /** `undefined` when there is no app in the call. */
  readonly app?: AppSide;
  /** `chain` is the node and those above it. `undefined` where nothing can be reached: unknown, recycled, in a recycled one. */
  readonly node?: { readonly chain: readonly (NodeRef & Pick<ResourceNode, 'template'>)[]; readonly held: Right | null };
  /** The actions that the node's kind knows, with the right that each takes. */
  readonly rights?: ReadonlyMap<string, Right>;
  /** `undefined` where the tenant has no such context. `role` is `null` for who is not in it. */
  readonly context?: { readonly kind: ContextKind; readonly ended: boolean; readonly role: string | null };
  /** Of the member whose data it is. */
  readonly owner?: { readonly inDataRange: boolean; readonly delegated: readonly string[] };
  /** For which identities the catalogue has the permission of this name. */
  readonly identitiesOf: (permission: string) => readonly Identity[];
}

type Verdict = Denial | 'allowed';

const no = (code: Denial['code'], side: Denial['side'], missing?: Denial['missing']): Denial => ({ code, side, ...(missing && { missing }) });

/** The one place that decides who may do what. It reads nothing; it is what all questions come down to. */
export function can(subject: Subject, action: string, resource: Resource, facts: Facts): Decision {
  const policy = policyOf(subject);
  const verdict = facts.hindrance ?? verdictOn(subject, action, resource, facts);
  return verdict === 'allowed' ? { allowed: true, policy } : { allowed: false, policy, ...verdict };
}

function verdictOn(subject: Subject, action: string, resource: Resource, facts: Facts): Verdict {
  if (resource.type === 'node') return onNode(subject, action, resource, facts);
  if (resource.type === 'context') return inContext(subject, action, resource, facts);
  if (resource.type === 'user_data') return onUserData(subject, action, resource, facts);
  return no('not_found', 'user');
}

/** S2, S5, S6: who is in the call has to hold the right on the node or above it, each of them. */
function onNode(subject: Subject, action: string, resource: Resource & { type: 'node' }, { node, rights, app, owner }: Facts): Verdict {
  const right = rights?.get(action);
  if (right === undefined) return no('not_found', 'user');
  if (subject.type !== 'app' && !(node?.held && holdsRight(node.held, right))) return no('role_not_permitted', 'user');
  if (!app) return 'allowed';

  const missing = { identity: app.identity, node: { at: resource.node, right } };
  if (app.identity === 'tenant' && !app.appOnly) return no('insufficient_scope', 'app', missing);
  const here = app.nodes.filter((granted) => node?.chain.some((each) => isHeldOn(granted, each)));
  if (app.identity === 'tenant' && here.length === 0 && app.nodes.length > 0) return no('out_of_data_range', 'tenant');
  if (!here.some((granted) => holdsRight(granted.right, right))) return no('insufficient_scope', 'app', missing);
  // Where the caller says whose it is, an app that acts by itself stops at the data range there too (L6).
  return app.identity === 'tenant' && resource.owner !== null && !owner?.inDataRange ? no('out_of_data_range', 'tenant') : 'allowed';
}

/** R1 to R4: the person's role opens a method, and what they let the app hold has to open it too. */
function inContext(subject: Subject, action: string, { owner }: Resource & { type: 'context' }, { context, app }: Facts): Verdict {
  // An app by itself is nobody in a context.
  if (subject.type === 'app') return no('role_not_permitted', 'app');
  const method = context?.kind.methods.find(({ name }) => name === action);
  if (!context || !method) return no('role_not_permitted', 'user');
  if (context.ended) return no('context_ended', 'user');
  const state = methodState(method, context.role, app ? heldBy(app) : EVERYTHING);
  if (!state.supported && state.code === 'insufficient_scope') {
    return no('insufficient_scope', 'app', { identity: 'user', ...(state.missing !== null && { permission: state.missing }) });
  }
  if (!state.supported) return no(state.code, 'user');
  const mine = owner !== null && owner === userOf(subject);
  return isOnlyForOwn(method, context.role) && !mine ? no('role_not_permitted', 'user') : 'allowed';
}

const EVERYTHING = { has: () => true };

const heldBy = ({ connected, permissions }: AppSide) => (connected ? { has: (name: string) => permissions.includes(name) } : null);

/** Z2, Z3, Z8, Z9, L6: one's own, what others shared, or what the data range of an app that acts by itself lets it reach. */
function onUserData(subject: Subject, action: string, resource: Resource & { type: 'user_data' }, { app, owner, identitiesOf }: Facts): Verdict {
  const identities = identitiesOf(action);
  // Before what the app lacks: nobody can grant what the catalogue does not have.
  if (identities.length === 0) return no('not_found', 'user');
  if (app && !app.permissions.includes(action)) return no('insufficient_scope', 'app', { identity: app.identity, permission: action });
  if (!identities.includes(app?.identity ?? 'user')) return no('not_found', 'user');
  // An app that acts by itself is nobody's colleague: what members share with each other opens nothing to it (xS3).
  if (subject.type === 'app') return owner?.inDataRange ? 'allowed' : no('out_of_data_range', 'tenant');
  if (userOf(subject) === resource.owner) return 'allowed';
  // The same two answers whoever the owner is: a stranger, a member of another tenant, or nobody at all.
  if (app && !app.permissions.includes(SHARED_ACCESS)) return no('shared_access_not_permitted', 'app');
  return owner?.delegated.includes(action) ? 'allowed' : no('forbidden', 'user');
}
