import type { GroupId, UserId } from '#src/ids.ts';
import type { Member } from '#src/tenants/member.ts';

/** For which members of a tenant an app is there. */
export type Availability =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'some'; readonly groups: readonly GroupId[]; readonly members: readonly UserId[] };

export const isAvailableTo = (availability: Availability, { user, groups }: Pick<Member, 'user' | 'groups'>): boolean =>
  availability.kind === 'everyone' ||
  availability.members.includes(user) ||
  availability.groups.some((group) => groups.includes(group));
