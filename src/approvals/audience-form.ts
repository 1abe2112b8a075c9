import type { Deps } from '#src/deps.ts';
import { displayText } from '#src/http/display-text.ts';
import type { PostedForm } from '#src/http/posted-form.ts';
import type { GroupId, TenantId, UserId } from '#src/ids.ts';
import { membersToChoose, type MembersToChoose } from '#src/tenants/find-members.ts';
import { groupsOf } from '#src/tenants/group-store.ts';

import type { Availability } from './availability.ts';

/**
 * Choosing people without JavaScript: groups and members are tick boxes, and a search adds the members that it found
 * as more boxes when the form is sent back. `prefix` keeps several of them on one page apart.
 */
export interface AudienceForm extends MembersToChoose {
  readonly prefix: string;
  readonly tenantName: string;
  readonly everyone: boolean;
  readonly groups: readonly { readonly id: GroupId; readonly name: string; readonly ticked: boolean }[];
}

const MOST_GROUPS = 200;

export interface AudienceDraft {
  readonly availability: Availability;
  readonly query: string;
  /** Everyone was chosen, and groups or members were ticked too. What was meant is for the person to say. */
  readonly contradicts: boolean;
}

export const CONTRADICTION = 'You ticked groups or members, but “Everyone” was chosen. Only those you ticked are chosen now; look at it once more.';

export const draftOf = (availability: Availability): AudienceDraft => ({ availability, query: '', contradicts: false });

/** What was chosen so far, as the form says it. Whoever searches or ticks means some; nobody is let in by a forgotten click. */
export function readAudience(form: Pick<PostedForm, 'one' | 'all'>, prefix = ''): AudienceDraft {
  const groups = [...new Set(form.all(`${prefix}group`))] as GroupId[];
  const members = [...new Set(form.all(`${prefix}member`))] as UserId[];
  const query = form.one(`${prefix}query`).trim().slice(0, 200);
  const everyone = form.one(`${prefix}for`) !== 'some';
  const named = groups.length + members.length > 0;
  return {
    availability: everyone && !named && query === '' ? { kind: 'everyone' } : { kind: 'some', groups, members },
    query,
    contradicts: everyone && named,
  };
}

export async function audienceForm(
  deps: Deps,
  tenant: { readonly id: TenantId; readonly name: string },
  { availability, query }: AudienceDraft,
  prefix = '',
): Promise<AudienceForm> {
  const chosen = availability.kind === 'some' ? availability : NOBODY;
  const [groups, people] = await Promise.all([
    groupsOf(deps, tenant.id, { limit: MOST_GROUPS }),
    membersToChoose(deps, tenant.id, { query, chosen: chosen.members }),
  ]);
  return {
    ...people,
    prefix,
    tenantName: displayText(tenant.name) || tenant.id,
    everyone: availability.kind === 'everyone',
    groups: groups.records.map(({ value: { id, name } }) => ({ id, name: displayText(name) || id, ticked: chosen.groups.includes(id) })),
    members: people.members.map((member) => ({ ...member, name: displayText(member.name) || displayText(member.email), email: displayText(member.email, 254) })),
  };
}

const NOBODY: Extract<Availability, { kind: 'some' }> = { kind: 'some', groups: [], members: [] };

/** In words, for those who look at what was decided. */
export async function audienceWords(deps: Deps, tenant: { readonly id: TenantId; readonly name: string }, availability: Availability): Promise<string> {
  if (availability.kind === 'everyone') return `Everyone in ${tenant.name}`;
  const { groups, members } = await audienceForm(deps, tenant, draftOf(availability));
  const names = [...groups, ...members].filter(({ ticked }) => ticked).map(({ name }) => name);
  return names.length === 0 ? 'Nobody: the groups and members that were chosen are gone' : names.join(', ');
}
