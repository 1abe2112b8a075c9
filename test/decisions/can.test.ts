import { describe, expect, it } from '@jest/globals';

import { can, type AppSide, type Facts } from '#src/decisions/can.ts';
import type { DenialCode, Policy, Resource, Side, Subject } from '#src/decisions/decision.ts';
import { actionsOf } from '#src/decisions/resource-actions.ts';
import type { AppId, UserId } from '#src/ids.ts';
import type { EffectiveGrant, NodeRef, Right } from '#src/resources/resource.ts';
import { testContextKinds } from '#test/support/context-kinds.ts';

const [ada, ben] = ['usr_ada', 'usr_ben'] as UserId[];
const app = 'app_scheduler' as AppId;

const WHO = {
  ben: { type: 'user', user: ben! },
  'ben in the app': { type: 'user+app', user: ben!, app },
  'the app': { type: 'app', app },
  'a guest': { type: 'guest', guest: 'Gus' },
  'a guest in the app': { type: 'guest+app', guest: 'Gus', app },
} as const satisfies Record<string, Subject>;
type Who = keyof typeof WHO;

/** A tree: tenancy > site > list, and another site beside. */
const node = (kind: string, id: string, template: string | null = null) => ({ kind, id, incarnation: `first ${id}`, template });
const [tenancy, site, otherSite, list] = [node('tenancy', 'northwind'), node('web', 'sales'), node('web', 'legal'), node('list', 'leads', 'tasks')];
const onList: Resource = { type: 'node', node: { kind: 'list', id: 'leads' }, owner: null };
const at = (held: Right | null = null) => ({ node: { chain: [list, site, tenancy], held }, rights: actionsOf({ name: 'list' } as never) });

const IDENTITIES: Readonly<Record<string, ('user' | 'tenant')[]>> = { 'meetings:read': ['user'], 'calendar:read': ['user'], 'meetings.all:read': ['tenant'] };
const user: AppSide = { identity: 'user', connected: true, permissions: [], nodes: [], appOnly: false };
const tenant: AppSide = { identity: 'tenant', connected: true, permissions: [], nodes: [], appOnly: true };

const granted = (right: Right, ...nodes: readonly NodeRef[]): EffectiveGrant[] => nodes.map(({ kind, id, incarnation }) => ({ kind, id, incarnation, right, template: null }));
/** As a version asks that wants nodes of one template only. */
const madeFrom = (template: string, grants: readonly EffectiveGrant[]): EffectiveGrant[] => grants.map((each) => ({ ...each, template }));
const forMember = (more: Partial<AppSide> = {}) => ({ app: { ...user, ...more } });
const byItself = (more: Partial<AppSide> = {}) => ({ app: { ...tenant, ...more } });

type Given = Partial<Facts>;
type Outcome = 'yes' | readonly [DenialCode, Side];
type Row = readonly [sentence: string, who: Who, action: string, on: Resource, given: Given, outcome: Outcome];

const POLICY: Readonly<Record<Subject['type'], Policy>> = { user: 'user-only', guest: 'user-only', app: 'app-only', 'user+app': 'user+app', 'guest+app': 'user+app' };

const decide = (who: Who, action: string, on: Resource, given: Given) => can(WHO[who], action, on, { identitiesOf: (name) => IDENTITIES[name] ?? [], ...given });

const check = (rows: readonly Row[]) =>
  it.each(rows.map((row) => ({ sentence: row[0], row })))('$sentence', ({ row: [, who, action, on, given, outcome] }) => {
    const { missing: _, ...decision } = decide(who, action, on, given) as { missing?: unknown };
    const policy = POLICY[WHO[who].type];
    expect(decision).toEqual(outcome === 'yes' ? { allowed: true, policy } : { allowed: false, policy, code: outcome[0], side: outcome[1] });
  });

describe('S2 a right on a node, given to an app', () => {
  const held = at('full_control');
  check([
    ['counts on that very node', 'ben in the app', 'write', onList, { ...held, ...forMember({ nodes: granted('write', list) }) }, 'yes'],
    ['counts on all below it', 'ben in the app', 'write', onList, { ...held, ...forMember({ nodes: granted('write', site) }) }, 'yes'],
    ['counts from the top to the bottom', 'ben in the app', 'write', onList, { ...held, ...forMember({ nodes: granted('write', tenancy) }) }, 'yes'],
    ['counts on nothing beside it', 'ben in the app', 'write', onList, { ...held, ...forMember({ nodes: granted('write', otherSite) }) }, ['insufficient_scope', 'app']],
    ['counts on nothing above it', 'ben in the app', 'write', { ...onList, node: { kind: 'web', id: 'sales' } }, { ...held, node: { chain: [site, tenancy], held: 'manage' }, ...forMember({ nodes: granted('write', list) }) }, ['insufficient_scope', 'app']],
    ['includes the lesser rights', 'ben in the app', 'read', onList, { ...held, ...forMember({ nodes: granted('manage', site) }) }, 'yes'],
    ['does not include the greater ones', 'ben in the app', 'manage', onList, { ...held, ...forMember({ nodes: granted('write', site) }) }, ['insufficient_scope', 'app']],
    ['counts on a node that is made from the template that the version asks for', 'ben in the app', 'write', onList, { ...held, ...forMember({ nodes: madeFrom('tasks', granted('write', list)) }) }, 'yes'],
    ['counts on no node of another template', 'ben in the app', 'write', onList, { ...held, ...forMember({ nodes: madeFrom('documents', granted('write', list)) }) }, ['insufficient_scope', 'app']],
    ['counts as far as it is asked for on that template', 'ben in the app', 'write', onList, { ...held, ...forMember({ nodes: [...granted('read', list), ...madeFrom('documents', granted('write', list))] }) }, ['insufficient_scope', 'app']],
    ['ends with that node, also when another gets its name', 'ben in the app', 'read', onList, { ...held, ...forMember({ nodes: granted('read', { ...list, incarnation: 'an earlier one' }) }) }, ['insufficient_scope', 'app']],
  ]);
});

describe('S5 who has to hold the right', () => {
  check([
    ['user-only: the member holds it', 'ben', 'write', onList, at('write'), 'yes'],
    ['user-only: the member holds less', 'ben', 'write', onList, at('read'), ['role_not_permitted', 'user']],
    ['user-only: the member holds nothing there', 'ben', 'read', onList, at(), ['role_not_permitted', 'user']],
    ['user+app: both hold it', 'ben in the app', 'write', onList, { ...at('write'), ...forMember({ nodes: granted('write', site) }) }, 'yes'],
    ['user+app: the member falls short', 'ben in the app', 'write', onList, { ...at('read'), ...forMember({ nodes: granted('full_control', tenancy) }) }, ['role_not_permitted', 'user']],
    ['user+app: the app falls short', 'ben in the app', 'write', onList, { ...at('full_control'), ...forMember({ nodes: granted('read', tenancy) }) }, ['insufficient_scope', 'app']],
    ['user+app: what the tenant gave the app itself does not help its member', 'ben in the app', 'read', onList, { ...at('read'), ...forMember() }, ['insufficient_scope', 'app']],
    ['app-only: the app alone holds it, whoever else does not', 'the app', 'write', onList, { ...at(), ...byItself({ nodes: granted('write', tenancy) }) }, 'yes'],
    ['app-only: the app falls short', 'the app', 'manage', onList, { ...at(), ...byItself({ nodes: granted('write', tenancy) }) }, ['insufficient_scope', 'app']],
    ['nobody reaches a node that is gone, recycled, or under one that is', 'ben', 'read', onList, { rights: at().rights }, ['role_not_permitted', 'user']],
    ['nor does an app that held the top', 'the app', 'read', onList, { rights: at().rights, ...byItself({ nodes: granted('full_control', tenancy) }) }, ['out_of_data_range', 'tenant']],
    ['what no node can be done to is no question of rights', 'ben', 'fly', onList, at('full_control'), ['not_found', 'user']],
  ]);

  it('says what the app lacks there, for which identity', () => {
    const lacks = (who: Who, given: Given) => (decide(who, 'write', onList, given) as { missing?: unknown }).missing;
    expect(lacks('ben in the app', { ...at('write'), ...forMember() })).toEqual({ identity: 'user', node: { at: { kind: 'list', id: 'leads' }, right: 'write' } });
    expect(lacks('the app', { ...at(), ...byItself() })).toEqual({ identity: 'tenant', node: { at: { kind: 'list', id: 'leads' }, right: 'write' } });
    expect(lacks('ben in the app', { ...at('read'), ...forMember() })).toBeUndefined();
  });

  it('takes the words that the kind has for its actions, and no others', () => {
    const rights = actionsOf({ name: 'record', actions: { view: 'read', remove: 'manage' } } as never);
    const may = (action: string) => decide('ben', action, onList, { ...at('write'), rights }).allowed;
    expect(['view', 'remove', 'read', 'manage'].map(may)).toEqual([true, false, false, false]);
  });
});

describe('S6 an app by itself', () => {
  const everywhere = granted('full_control', tenancy);
  check([
    ['acts on nodes where its version declared it', 'the app', 'read', onList, { ...at(), ...byItself({ nodes: everywhere }) }, 'yes'],
    ['does not where its version did not, whatever it holds', 'the app', 'read', onList, { ...at(), ...byItself({ nodes: everywhere, appOnly: false }) }, ['insufficient_scope', 'app']],
    ['holds nothing that no admin consented to', 'the app', 'read', onList, { ...at(), ...byItself() }, ['insufficient_scope', 'app']],
  ]);
});

describe('Z8 Z9 a member’s own data', () => {
  const bens: Resource = { type: 'user_data', owner: ben! };
  const adas: Resource = { type: 'user_data', owner: ada! };
  check([
    ['is open to an app that holds the permission', 'ben in the app', 'meetings:read', bens, forMember({ permissions: ['meetings:read'] }), 'yes'],
    ['is shut to one that holds another', 'ben in the app', 'meetings:read', bens, forMember({ permissions: ['calendar:read'] }), ['insufficient_scope', 'app']],
    ['is theirs with no app in the call', 'ben', 'meetings:read', bens, {}, 'yes'],
    ['is nobody else’s', 'ben', 'meetings:read', adas, { owner: { inDataRange: false, delegated: [] } }, ['forbidden', 'user']],
    ['is not touched with words that no catalogue has', 'ben', 'meetings:burn', bens, {}, ['not_found', 'user']],
    ['is not touched by an app either with words that no catalogue has', 'ben in the app', 'meetings:burn', bens, forMember({ permissions: ['meetings:read'] }), ['not_found', 'user']],
    ['is not touched with a permission that is only for tenants', 'ben', 'meetings.all:read', bens, {}, ['not_found', 'user']],
    ['is not for guests', 'a guest', 'meetings:read', bens, {}, ['forbidden', 'user']],
  ]);
});

describe('Z2 Z3 the data of a member who delegated', () => {
  const adas: Resource = { type: 'user_data', owner: ada! };
  const delegated = (...names: string[]) => ({ owner: { inDataRange: false, delegated: names } });
  const holds = (...permissions: string[]) => forMember({ permissions });
  check([
    ['Z2 is shut without the tick', 'ben in the app', 'meetings:read', adas, { ...holds('meetings:read'), ...delegated('meetings:read') }, ['shared_access_not_permitted', 'app']],
    ['Z2 is shut without the tick in the same words where nothing was delegated', 'ben in the app', 'meetings:read', adas, { ...holds('meetings:read'), ...delegated() }, ['shared_access_not_permitted', 'app']],
    ['Z3 is open with it', 'ben in the app', 'meetings:read', adas, { ...holds('meetings:read', 'shared_access'), ...delegated('meetings:read') }, 'yes'],
    ['Z3 is shut for a permission that was not delegated', 'ben in the app', 'calendar:read', adas, { ...holds('calendar:read', 'shared_access'), ...delegated('meetings:read') }, ['forbidden', 'user']],
    ['Z3 is shut for a permission that the app does not hold', 'ben in the app', 'calendar:read', adas, { ...holds('meetings:read', 'shared_access'), ...delegated('meetings:read', 'calendar:read') }, ['insufficient_scope', 'app']],
    ['Z3 is shut when the delegation is over', 'ben in the app', 'meetings:read', adas, { ...holds('meetings:read', 'shared_access'), ...delegated() }, ['forbidden', 'user']],
    ['is open to the receiver alone, with no app in the call', 'ben', 'meetings:read', adas, delegated('meetings:read'), 'yes'],
  ]);
});

describe('L6 xS3 a member’s data and an app that acts by itself', () => {
  const adas: Resource = { type: 'user_data', owner: ada! };
  const inRange = { owner: { inDataRange: true, delegated: [] } };
  const outOfRange = { owner: { inDataRange: false, delegated: ['meetings.all:read'] } };
  const all = byItself({ permissions: ['meetings.all:read'] });
  check([
    ['L6 is open within the data range', 'the app', 'meetings.all:read', adas, { ...all, ...inRange }, 'yes'],
    ['L6 is shut beyond it', 'the app', 'meetings.all:read', adas, { ...all, ...outOfRange }, ['out_of_data_range', 'tenant']],
    ['L6 is shut for somebody who is nobody there', 'the app', 'meetings.all:read', adas, all, ['out_of_data_range', 'tenant']],
    ['xS3 a permission of members opens nothing to it, within the range or not', 'the app', 'meetings:read', adas, { ...all, ...inRange }, ['insufficient_scope', 'app']],
    ['xS3 what members share opens nothing to it', 'the app', 'meetings.all:read', adas, { ...byItself({ permissions: ['meetings.all:read', 'shared_access'] }), ...outOfRange }, ['out_of_data_range', 'tenant']],
    ['L6 a node whose owner is beyond the range is shut', 'the app', 'read', { ...onList, owner: ada! } as Resource, { ...at(), ...byItself({ nodes: granted('read', tenancy) }), ...outOfRange }, ['out_of_data_range', 'tenant']],
    ['L6 a node whose owner is within it is open', 'the app', 'read', { ...onList, owner: ada! } as Resource, { ...at(), ...byItself({ nodes: granted('read', tenancy) }), ...inRange }, 'yes'],
    ['L6 a node beside those that were chosen is beyond the range', 'the app', 'read', onList, { ...at(), ...byItself({ nodes: granted('read', otherSite) }) }, ['out_of_data_range', 'tenant']],
  ]);
});

describe('R3 R10 a method in a meeting', () => {
  const kind = testContextKinds.find('meeting')!;
  const meeting: Resource = { type: 'context', context: 'ctx_standup', owner: null };
  const of = (owner: UserId): Resource => ({ type: 'context', context: 'ctx_standup', owner });
  const as = (role: string | null, ended = false) => ({ context: { kind, ended, role } });
  const holds = (...permissions: string[]) => forMember({ permissions });
  check([
    ['R3 of owners is refused to a participant', 'ben in the app', 'meeting.end', meeting, { ...as('participant'), ...holds('meetings:write') }, ['role_not_permitted', 'user']],
    ['R3 of owners is open to an owner', 'ben in the app', 'meeting.end', meeting, { ...as('owner'), ...holds('meetings:write') }, 'yes'],
    ['takes the permission that it names', 'ben in the app', 'meeting.end', meeting, { ...as('owner'), ...holds('meetings:read') }, ['insufficient_scope', 'app']],
    ['takes none with no app in the call', 'ben', 'meeting.end', meeting, as('owner'), 'yes'],
    ['R10 stays open where others are not: fewer methods, not a block', 'ben in the app', 'meeting.raise_hand', meeting, { ...as('participant'), ...holds() }, 'yes'],
    ['R10 that needs no grant is open before there is one', 'ben in the app', 'meeting.show_app', meeting, { ...as('participant'), ...forMember({ connected: false }) }, 'yes'],
    ['that needs a grant is not', 'ben in the app', 'meeting.raise_hand', meeting, { ...as('participant'), ...forMember({ connected: false }) }, ['insufficient_scope', 'app']],
    ['is open to a guest where guests may', 'a guest in the app', 'meeting.show_app', meeting, { ...as('guest'), ...forMember({ connected: false }) }, 'yes'],
    ['is shut to a guest where they may not', 'a guest', 'meeting.raise_hand', meeting, as('guest'), ['role_not_permitted', 'user']],
    ['is shut to who is not in it', 'ben', 'meeting.show_app', meeting, as(null), ['role_not_permitted', 'user']],
    ['looks the same where there is no such meeting', 'ben', 'meeting.show_app', meeting, {}, ['role_not_permitted', 'user']],
    ['looks the same where there is no such method', 'ben', 'meeting.explode', meeting, as('owner'), ['role_not_permitted', 'user']],
    ['is over with the meeting', 'ben', 'meeting.end', meeting, as('owner', true), ['context_ended', 'user']],
    ['for one’s own is open on one’s own', 'ben', 'recording.play', of(ben!), as('participant'), 'yes'],
    ['for one’s own is shut on another’s, also to the owner of the meeting', 'ben', 'recording.play', of(ada!), as('owner'), ['role_not_permitted', 'user']],
    ['for one’s own is shut while nobody says whose it is', 'ben', 'recording.play', meeting, as('owner'), ['role_not_permitted', 'user']],
    ['is nothing for an app by itself', 'the app', 'meeting.show_app', meeting, { ...as(null), ...byItself() }, ['role_not_permitted', 'app']],
  ]);
});

describe('what stands in the way of everything', () => {
  const bens: Resource = { type: 'user_data', owner: ben! };
  const could = forMember({ permissions: ['meetings:read'] });
  check(
    (
      [
        ['app_disabled', 'app'],
        ['member_inactive', 'user'],
        ['approval_blocked', 'tenant'],
        ['approval_required', 'tenant'],
        ['out_of_availability', 'tenant'],
        ['not_installed', 'tenant'],
        ['installation_suspended', 'tenant'],
        ['invalid_token', 'app'],
      ] as const
    ).map(([code, side]): Row => [`${code} comes before all else`, 'ben in the app', 'meetings:read', bens, { ...could, hindrance: { code, side } }, [code, side]]),
  );

  check([['what no catalogue knows is refused', 'ben', 'read', { type: 'unknown' }, {}, ['not_found', 'user']]]);
});
