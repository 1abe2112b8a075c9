import { describe, expect, it } from '@jest/globals';

import type { GroupId, UserId } from '#src/ids.ts';
import { isWithinDataRange, type DataRange } from '#src/installations/installation.ts';
import type { Member } from '#src/tenants/member.ts';

const member = (user: string, groups: readonly string[] = [], status: Member['status'] = 'active'): Member =>
  ({ user: user as UserId, groups: groups as GroupId[], status }) as unknown as Member;
const some = (groups: readonly string[], members: readonly string[]): DataRange => ({ kind: 'some', groups: groups as GroupId[], members: members as UserId[] });

describe('L6 a data range', () => {
  it.each<[string, DataRange, Member | undefined, boolean]>([
    ['of all reaches a member', { kind: 'all' }, member('a'), true],
    ['of all reaches nobody who is inactive', { kind: 'all' }, member('a', [], 'inactive'), false],
    ['of all reaches nobody who is no member', { kind: 'all' }, undefined, false],
    ['reaches a member it names', some([], ['a']), member('a'), true],
    ['reaches no other member', some([], ['a']), member('b'), false],
    ['reaches those in a group it names', some(['g'], []), member('b', ['f', 'g']), true],
    ['reaches nobody of other groups', some(['g'], []), member('b', ['f']), false],
    ['reaches nobody it names once they are inactive', some(['g'], ['a']), member('a', ['g'], 'inactive'), false],
  ])('%s', (_, range, who, within) => {
    expect(isWithinDataRange(range, who)).toBe(within);
  });
});
