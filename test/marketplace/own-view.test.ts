import { beforeEach, describe, expect, it } from '@jest/globals';

import { registerApp } from '#src/apps/app-store.ts';
import { approveApp, blockApp, withdrawApproval } from '#src/approvals/change-approval.ts';
import { decideReview } from '#src/approvals/decide-review.ts';
import { openReview } from '#src/approvals/review-store.ts';
import { requestReview } from '#src/approvals/request-review.ts';
import { generationOf } from '#src/approvals/decide.ts';
import { grantChange, readGrant } from '#src/consent/grant-store.ts';
import type { AppId, TenantId, UserId } from '#src/ids.ts';
import { readInstallation } from '#src/installations/installation-store.ts';
import { allowPermission } from '#src/marketplace/allow-permission.ts';
import { missingPermission } from '#src/marketplace/missing-permission.ts';
import { askForMore, giveUp, ownStanding } from '#src/marketplace/own-view.ts';
import { standingPermissions } from '#src/marketplace/permission-state.ts';
import { placeOf } from '#src/marketplace/place.ts';
import { shardOf } from '#src/storage/shards.ts';
import { findMember, removeMember } from '#src/tenants/member-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { ada, atOnce, ben, by, dan, eventsOf, makeNorthwind, northwind, onEachEngine, refusal, system } from '#test/support/domain.ts';
import { approve, install, makeApp } from '#test/installations/world.ts';

describe('an app and a tenant', () => {
  onEachEngine((domain) => {
    let app: AppId;
    beforeEach(async () => {
      await makeNorthwind(domain());
      app = await makeApp(domain());
    });

    const connect = async (user: UserId, permissions: readonly string[]) => {
      const { deps } = domain();
      const member = (await findMember(deps, northwind, user))!;
      const before = await readGrant(deps, northwind, user, app);
      const { grant, ...change } = grantChange(
        { tenant: northwind, permissions, sharedAccess: false, basis: { membership: member.membership, grantSlot: before?.version ?? null } },
        { before, user, app, asked: permissions, generation: generationOf(undefined), now: deps.clock() },
      );
      await deps.store.commit({ shard: shardOf(northwind), ...change });
      return grant;
    };
    const states = async (user?: UserId) =>
      Object.fromEntries(standingPermissions(await ownStanding(domain().deps, northwind, app, user)).map(({ identity, permission, state }) => [`${identity} ${permission}`, state]));
    const deny = async (reason = 'Not now') => {
      const review = (await openReview(domain().deps, northwind, app))!;
      await decideReview(domain().deps, { tenant: northwind, review: review.value.id }, { is: 'deny', reason }, by(ada));
    };

    it('xT1 look like strangers to each other until the app has something there', async () => {
      const { deps } = domain();
      expect(await refusal(ownStanding(deps, northwind, app))).toBe('not_found');
      expect(await refusal(ownStanding(deps, 'ten_unknown' as TenantId, app))).toBe('not_found');
      expect(await refusal(askForMore(deps, { tenant: northwind, app, reason: '' }))).toBe('not_found');
      await connect(ben, ['meetings:read']);
      expect(await states()).toMatchObject({ 'user meetings:read': 'approved' });
      await createTenant(deps, { id: 'ten_contoso', name: 'Contoso' }, system);
      expect(await refusal(ownStanding(deps, 'ten_contoso' as TenantId, app))).toBe('not_found');
    });

    it('L13 say of each permission and identity whether it is granted, approved, in review, denied or blocked', async () => {
      const { deps } = domain();
      await install(domain(), app);
      expect(await states()).toEqual({
        'user meetings:read': 'approved', 'user meetings:write': 'approved', 'user calendar:read': 'approved',
        'tenant meetings:read': 'granted', 'tenant meetings:write': 'approval_required', 'tenant directory:read': 'approval_required',
      });
      await connect(ben, ['meetings:read']);
      expect(await states(ben)).toMatchObject({ 'user meetings:read': 'granted', 'user calendar:read': 'approved' });
      expect(await states(dan)).toMatchObject({ 'user meetings:read': 'approved' });
      await requestReview(deps, { tenant: northwind, app, permissions: { user: [], tenant: ['meetings:write'] }, cause: 'request', reason: '', resume: null }, by(ben));
      expect(await states()).toMatchObject({ 'tenant meetings:write': 'in_review', 'tenant directory:read': 'approval_required' });
      await deny();
      expect(await states()).toMatchObject({ 'tenant meetings:write': 'denied' });
      await approve(domain(), app, ['meetings:write']);
      expect(await states()).toMatchObject({ 'tenant meetings:write': 'approved' });
      await withdrawApproval(deps, { tenant: northwind, app }, by(ada));
      expect(await states()).toMatchObject({ 'user meetings:read': 'approval_required' });
      await blockApp(deps, { tenant: northwind, app }, by(ada));
      expect(new Set(Object.values(await states()))).toEqual(new Set(['blocked']));
    });

    it('L13 ask once: nothing to ask, already asked, blocked and too many asks are distinct answers', async () => {
      const { deps } = domain();
      await install(domain(), app);
      const ask = (tenantPermissions?: string[]) =>
        askForMore(deps, { tenant: northwind, app, reason: 'To plan', ...(tenantPermissions && { permissions: { user: [], tenant: tenantPermissions } }) });
      expect(await ask(['meetings:read'])).toEqual({ answer: 'nothing_to_ask', blocked: [] });
      expect(await ask(['no:such'])).toEqual({ answer: 'blocked', blocked: [{ permission: 'no:such', identity: 'tenant' }] });
      expect(await ask(['meetings:write'])).toMatchObject({ answer: 'requested' });
      expect(await ask(['meetings:write'])).toMatchObject({ answer: 'already_asked' });
      expect(await ask()).toMatchObject({ answer: 'requested' });
      expect((await openReview(deps, northwind, app))?.value).toMatchObject({ permissions: { user: [], tenant: ['meetings:write', 'directory:read'] } });
      const answers: string[] = [];
      for (let n = 0; n < 25; n += 1) {
        await deny();
        answers.push(await ask().then(({ answer }) => answer, ({ code }: { code: string }) => code));
        if (answers.at(-1) === 'too_many_requests') break;
      }
      expect(answers.at(-1)).toBe('too_many_requests');
      await blockApp(deps, { tenant: northwind, app }, by(ada));
      expect(await ask()).toMatchObject({ answer: 'blocked' });
    });

    it('L13 part with optional permissions that the app gives up, and keep the required ones', async () => {
      const { deps } = domain();
      await approve(domain(), app, ['meetings:write']);
      await install(domain(), app, { permissions: ['meetings:read', 'meetings:write'] });
      await connect(ben, ['meetings:read', 'calendar:read']);
      const give = (identity: 'user' | 'tenant', permissions: string[], user?: UserId) => giveUp(deps, { tenant: northwind, app, identity, permissions, user });
      expect(await refusal(give('tenant', ['meetings:read']))).toBe('invalid_request');
      await give('tenant', ['meetings:write', 'directory:read']);
      expect((await readInstallation(deps, northwind, app))?.value.permissions).toEqual(['meetings:read']);
      expect(await refusal(give('user', ['calendar:read']))).toBe('not_found');
      expect(await refusal(give('user', ['calendar:read'], dan))).toBe('not_found');
      await give('user', ['calendar:read'], ben);
      await give('user', ['calendar:read'], ben);
      expect((await readGrant(deps, northwind, ben, app))?.value.permissions).toEqual(['meetings:read']);
      const events = (await eventsOf(deps.store, shardOf(northwind))).filter(({ type }) => type === 'permissions.changed');
      expect(events).toMatchObject([{ actor: { kind: 'app', id: app }, permissions: ['meetings:read'] }, { actor: { kind: 'app', id: app }, user: ben, permissions: ['meetings:read'] }]);
    });

    it('L7 say of a missing permission what it is, for which identity, who can grant it and where', async () => {
      const deps = { ...domain().deps, issuer: 'https://assent.example' };
      const ask = (identity: 'user' | 'tenant', permission: string, user?: UserId) => missingPermission(deps, { tenant: northwind, app, identity, permission, ...(user && { user }) });
      expect(await ask('user', 'calendar:read', ben)).toEqual({
        permission: 'calendar:read', identity: 'user', state: 'approved', who: 'member', whoInWords: 'The member for whom the app acts.',
        link: `https://assent.example/apps/${app}/allow?tenant=ten_northwind&identity=user&permission=calendar%3Aread`,
      });
      expect(await ask('tenant', 'meetings:read')).toMatchObject({ state: 'approved', who: 'app_admins' });
      expect(await ask('tenant', 'meetings:write')).toMatchObject({ state: 'approval_required', who: 'reviewers' });
      expect(await ask('tenant', 'directory:read')).toMatchObject({ state: 'approval_required', who: 'owners' });
      expect(await ask('tenant', 'calendar:read')).toMatchObject({ state: 'blocked', who: 'developer' });
      expect(await ask('user', 'files:read')).toMatchObject({ who: 'developer' });
      await approveApp(domain().deps, { tenant: northwind, app, permissions: { user: [], tenant: [] }, availability: { kind: 'some', groups: [], members: [dan] } }, by(ada));
      expect(await ask('user', 'calendar:read', ben)).toMatchObject({ who: 'reviewers' });
      expect(await ask('user', 'calendar:read', dan)).toMatchObject({ who: 'member' });
      await blockApp(domain().deps, { tenant: northwind, app }, by(ada));
      expect(await ask('user', 'calendar:read', dan)).toMatchObject({ state: 'blocked', who: 'nobody' });
      const { app: empty } = await registerApp(domain().deps, { name: 'Empty', developer: { name: 'X', uri: null, verified: false }, authMethod: 'none' }, system);
      expect(await missingPermission(deps, { tenant: northwind, app: empty.id, identity: 'user', permission: 'calendar:read' })).toBeUndefined();
    });

    it('L5 xT6 extend a grant by one permission once, while all that was read still stands', async () => {
      const { deps } = domain();
      const { id } = await connect(ben, ['meetings:read']);
      const place = await placeOf(deps, { app, tenant: northwind, user: ben });
      const allow = { user: ben, permission: 'calendar:read', grantVersion: place.standing.grant!.version };
      const races = await atOnce([allowPermission(deps, place, allow), allowPermission(deps, place, { ...allow, permission: 'meetings:write' })]);
      expect([races.done.length, races.refused]).toEqual([1, ['consent_changed']]);
      expect(await refusal(allowPermission(deps, place, allow))).toBe('consent_changed');
      const now = await placeOf(deps, { app, tenant: northwind, user: ben });
      expect(await refusal(allowPermission(deps, now, { ...allow, permission: 'directory:read', grantVersion: now.standing.grant!.version }))).toBe('consent_changed');
      expect((await readGrant(deps, northwind, ben, app))?.value).toMatchObject({ id, permissions: ['meetings:read', expect.any(String)] });
      const left = ['calendar:read', 'meetings:write'].find((name) => !now.standing.grant!.value.permissions.includes(name))!;
      await removeMember(deps, { tenant: northwind, user: ben }, system);
      expect(await refusal(allowPermission(deps, now, { ...allow, permission: left, grantVersion: now.standing.grant!.version }))).toBe('consent_changed');
      expect(await refusal(placeOf(deps, { app, tenant: northwind, user: ben }))).toBe('not_found');
    });
  });
});
