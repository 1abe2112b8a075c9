import { PROTOCOL_SCOPES } from '#src/apps/catalogue.ts';
import { decide, type AppInTenant, type Decision } from '#src/approvals/decide.ts';
import type { Identity } from '#src/approvals/rules.ts';

import { declaredForTenant, declaredForUser } from './effective-permissions.ts';
import type { ResourceAsk } from './resource-asks.ts';

/** A request's scope values for one identity, sorted by what has to be done with them. */
export interface SortedScopes {
  /** New, and part of every yes. */
  readonly required: readonly string[];
  /** New, and the person's choice. */
  readonly optional: readonly string[];
  /** Given before and still allowed: told, not asked. */
  readonly held: readonly string[];
  /** Those of the required and optional ones that the tenant has to approve, which this person may do. */
  readonly approving: readonly string[];
  /** Reviewers have to say yes first. */
  readonly inReview: readonly string[];
  /** The tenant never gives them. */
  readonly blocked: readonly string[];
  /** Those of the two last that the app cannot do without, as its version says. */
  readonly missing: readonly string[];
  /** Rights on nodes that can be given now: of each, a person chooses the node. Those that cannot stand in the lists above. */
  readonly onNodes: readonly ResourceAsk[];
}

export const isProtocolScope = (scope: string): boolean => (PROTOCOL_SCOPES as readonly string[]).includes(scope);

type Fate = 'given' | 'approving' | 'inReview' | 'blocked';

/**
 * Only what the app asked for *and* its version declares for the identity can be given. What else a request holds is
 * refused by name before any page is shown; here it just has no effect, `shared_access` included (Z4).
 */
export function sortScopes(
  { identity, asked, resources = [], standing }: { identity: Identity; asked: readonly string[]; resources?: readonly ResourceAsk[]; standing: AppInTenant },
  granted: readonly string[],
  mayDecide: (decision: Decision) => boolean = () => false,
): SortedScopes {
  const { version, catalogue } = standing;
  const declared = [...new Set((identity === 'user' ? declaredForUser : declaredForTenant)(version, catalogue))];
  const fateOf = (name: string): Fate => {
    if (isProtocolScope(name)) return 'given';
    const decision = decide(name, identity, standing);
    if (decision.treatment === 'auto') return 'given';
    if (decision.treatment === 'block') return 'blocked';
    return mayDecide(decision) ? 'approving' : 'inReview';
  };
  const fates = new Map(declared.map((name) => [name, fateOf(name)]));
  const is = (...wanted: Fate[]) => (name: string) => wanted.includes(fates.get(name) ?? 'blocked');
  const isRequired = (name: string) => isProtocolScope(name) || version.permissions[identity].required.includes(name);

  const held = declared.filter((name) => granted.includes(name)).filter(is('given'));
  const fresh = declared.filter((name) => asked.includes(name) && !held.includes(name));
  const askable = fresh.filter(is('given', 'approving'));
  const nodes = resources.map((ask) => ({ ask, fate: fateOf(ask.permission) }));
  const onNodes = (...wanted: Fate[]) => nodes.filter(({ fate }) => wanted.includes(fate)).map(({ ask }) => ask);
  const names = (asks: readonly ResourceAsk[]) => [...new Set(asks.map(({ permission }) => permission))];
  return {
    required: askable.filter(isRequired),
    optional: askable.filter((name) => !isRequired(name)),
    held,
    approving: [...fresh.filter(is('approving')), ...names(onNodes('approving'))],
    inReview: [...fresh.filter(is('inReview')), ...names(onNodes('inReview'))],
    blocked: [...fresh.filter(is('blocked')), ...names(onNodes('blocked'))],
    missing: [...fresh.filter(is('inReview', 'blocked')).filter(isRequired), ...names(onNodes('inReview', 'blocked').filter(({ required }) => required))],
    onNodes: onNodes('given', 'approving'),
  };
}
