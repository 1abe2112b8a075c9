import type { Actor, Happening } from './events.ts';

/** The members of an event that name somebody or something with a history of its own. */
const PARTIES = ['app', 'user', 'giver', 'receiver'] as const;

/** The apps and people that it happened to. */
export function partiesOf(what: Happening): string[] {
  const named = what as Happening & Partial<Record<(typeof PARTIES)[number], string>>;
  return PARTIES.map((name) => named[name]).filter((id) => id !== undefined);
}

/**
 * The name of a trail. Of a tenant: all its events, or those with one party, who did it or whom it was done to. Without
 * a tenant (`null`): the events of one app or one person, or what operators look after.
 */
export const trailName = (tenant: string | null, party?: string): string => `${tenant ?? ''}${party === undefined ? '' : ` ${party}`}`;

/** The trails that an event stands in, all in the shard of its commit. Ids hold no spaces. */
export function trailsOf(what: Happening, actor: Actor): string[] {
  const parties = partiesOf(what);
  if (what.tenant !== null) {
    const all = new Set([...parties, ...('id' in actor ? [actor.id] : [])]);
    return [trailName(what.tenant), ...[...all].map((party) => trailName(what.tenant, party))];
  }
  const [own] = parties;
  const onOneself = actor.kind === 'user' && actor.id === own;
  return [...(own === undefined ? [] : [trailName(null, own)]), ...(onOneself ? [] : [trailName(null)])];
}
