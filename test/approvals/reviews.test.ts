import { describe, expect, it } from '@jest/globals';

import { decideReview, type ReviewVerdict } from '#src/approvals/decide-review.ts';
import { approveApp, blockApp, withdrawApproval } from '#src/approvals/change-approval.ts';
import { changeRules } from '#src/approvals/change-rules.ts';
import type { PermissionsByIdentity } from '#src/approvals/check-approval.ts';
import { openReview, readReview, reviewsOf } from '#src/approvals/review-store.ts';
import { statusOf, type Review } from '#src/approvals/review.ts';
import { tendReviews } from '#src/approvals/tend-reviews.ts';
import { reviewersOf } from '#src/approvals/who-reviews.ts';
import type { Availability } from '#src/approvals/availability.ts';
import type { AppId, GroupId, TenantId, UserId } from '#src/ids.ts';
import { shardOf } from '#src/storage/shards.ts';
import { putInGroup } from '#src/tenants/group-members.ts';
import { createGroup, removeGroup } from '#src/tenants/group-store.ts';
import { changeMember, removeMember } from '#src/tenants/member-store.ts';
import { createRole, updateRole } from '#src/tenants/role-store.ts';
import { createTenant } from '#src/tenants/tenant-store.ts';
import { failingStore } from '#test/support/failing-store.ts';
import { ada, atOnce, ben, by, chloe, dan, eventsOf, northwind, onEachEngine, refusal, system } from '#test/support/domain.ts';

import { findApprovalRecord } from './records.ts';
import { ADVANCED, ask, makeApp, makeWorld, RESTRICTED, reviewOf } from './world.ts';

const DAY = 86_400_000;
const EVERYONE: Availability = { kind: 'everyone' };
const yes = (permissions: PermissionsByIdentity = ADVANCED, availability: Availability = EVERYONE): ReviewVerdict => ({ is: 'approve', permissions, availability });
const no: ReviewVerdict = { is: 'deny', reason: 'We have another one.' };

describe('reviews', () => {
  onEachEngine((domain) => {
    const decide = (review: Review, verdict: ReviewVerdict, who: UserId = chloe, more = {}) =>
      decideReview(domain().deps, { tenant: northwind, review: review.id, ...more }, verdict, by(who));
    const asked = async (app: AppId, who: UserId = ben, more = {}) => reviewOf(await ask(domain(), app, who, more));
    const approval = (app: AppId) => findApprovalRecord(domain().deps, northwind, app);
    const told = async () => (await eventsOf(domain().deps.store, shardOf(northwind))).filter(({ type }) => /^(review|approval)\./.test(type));
    const types = async () => (await told()).map(({ type }) => type);

    it('L16 say what is asked, by whom, why and of which version, and end after 30 days', async () => {
      const app = await makeWorld(domain());
      const outcome = await ask(domain(), app, ben, { reason: '  For the\nteam ', resume: '/apps/x', permissions: { user: ['meetings:read'], tenant: ['meetings:write'] } });
      expect(outcome).toMatchObject({ is: 'requested', blocked: [] });
      expect(reviewOf(outcome)).toMatchObject({
        tenant: northwind, app, status: 'open', byOwner: false, cause: 'request', permissions: { user: [], tenant: ['meetings:write'] },
        requests: [{ user: ben, reason: 'For the team', resume: '/apps/x', times: 1, at: '2026-11-21T20:00:00.000Z' }],
        expiresAt: '2026-12-21T20:00:00.000Z',
      });
      expect(await told()).toMatchObject([{ type: 'review.requested', app, actor: by(ben) }]);
    });

    it('L16 are one for each app: who asks later joins, each person once, and what they ask for is added', async () => {
      const app = await makeWorld(domain());
      const first = await asked(app);
      expect(await ask(domain(), app, dan, { reason: 'Me too', permissions: RESTRICTED })).toMatchObject({ is: 'joined' });
      expect(await ask(domain(), app, ben, { reason: 'Please' })).toMatchObject({ is: 'asked_before' });
      const { value } = (await openReview(domain().deps, northwind, app))!;
      expect(value).toMatchObject({
        id: first.id, byOwner: true, permissions: { user: [], tenant: ['meetings:write', 'directory:read'] },
        requests: [{ user: ben, reason: 'Please', times: 2 }, { user: dan, reason: 'Me too', times: 1 }],
      });
      expect(await types()).toEqual(['review.requested', 'review.joined']);
    });

    it('L16 are one also when many ask at the same time', async () => {
      const app = await makeWorld(domain());
      const outcomes = await Promise.all([ada, ben, chloe, dan].map((who) => ask(domain(), app, who)));
      expect(new Set(outcomes.map((outcome) => reviewOf(outcome).id)).size).toBe(1);
      expect(outcomes.filter(({ is }) => is === 'requested')).toHaveLength(1);
      expect((await openReview(domain().deps, northwind, app))!.value.requests.map(({ user }) => user).toSorted()).toEqual([ada, ben, chloe, dan]);
      expect((await reviewsOf(domain().deps, northwind, 'open', { limit: 10 })).records).toHaveLength(1);
    });

    it('L13 there is nothing to ask, it was asked before, or it is blocked: each said as such', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      expect(await ask(domain(), app, ben, { permissions: { user: ['meetings:read', 'meetings:write'], tenant: [] } })).toEqual({ is: 'nothing_to_ask', blocked: [] });
      expect(await ask(domain(), app, ben, { permissions: { user: ['directory:read'], tenant: [] } })).toMatchObject({ is: 'blocked', blocked: [{ because: 'not_in_catalogue' }] });
      expect(await ask(domain(), app, { kind: 'app', id: app })).toMatchObject({ is: 'requested' });
      expect(await ask(domain(), app, { kind: 'app', id: app })).toMatchObject({ is: 'asked_before' });
      await blockApp(deps, { tenant: northwind, app }, by(chloe));
      expect(await ask(domain(), app, ben)).toMatchObject({ is: 'blocked', blocked: [{ because: 'app_blocked' }] });
      expect(await types()).toEqual(['review.requested', 'approval.blocked', 'review.blocked']);
    });

    it('Z10 are for the whole app when it was withdrawn, or is there for others only', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      const basic = { user: ['meetings:read'], tenant: [] };
      await approveApp(deps, { tenant: northwind, app, permissions: basic, availability: { kind: 'some', groups: [], members: [dan] } }, by(chloe));
      expect(await ask(domain(), app, dan, { permissions: basic })).toMatchObject({ is: 'nothing_to_ask' });
      const review = await asked(app, ben, { permissions: basic });
      expect(review.permissions).toEqual(basic);
      await decide(review, yes(basic, { kind: 'some', groups: [], members: [dan, ben] }));
      expect(await ask(domain(), app, ben, { permissions: basic })).toMatchObject({ is: 'nothing_to_ask' });
      await withdrawApproval(deps, { tenant: northwind, app }, by(chloe));
      expect(reviewOf(await ask(domain(), app, dan, { permissions: basic })).permissions).toEqual(basic);
    });

    it('L9 xA5 what was approved when it was asked for, and is restricted, takes an owner once the approval is withdrawn', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      await approveApp(deps, { tenant: northwind, app, permissions: RESTRICTED, availability: { kind: 'some', groups: [], members: [dan] } }, by(ada));
      const review = await asked(app, ben, { permissions: RESTRICTED });
      expect(review).toMatchObject({ permissions: RESTRICTED, byOwner: false });
      await withdrawApproval(deps, { tenant: northwind, app }, by(ada));
      expect(await refusal(decide(review, yes(RESTRICTED)))).toBe('forbidden');
      expect(await approval(app)).toMatchObject({ status: 'withdrawn' });
      expect(await decide(review, yes(RESTRICTED), ada)).toMatchObject({ status: 'approved' });
    });

    it('are for the whole app also for those whose group is gone', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      const { id: sales } = await createGroup(deps, { tenant: northwind, name: 'Sales' }, system);
      await putInGroup(deps, { tenant: northwind, group: sales, user: ben }, system);
      const basic = { user: ['meetings:read'], tenant: [] };
      await approveApp(deps, { tenant: northwind, app, permissions: basic, availability: { kind: 'some', groups: [sales], members: [] } }, by(chloe));
      expect(await ask(domain(), app, ben, { permissions: basic })).toMatchObject({ is: 'nothing_to_ask' });
      await removeGroup(deps, { tenant: northwind, id: sales }, system);
      expect(await ask(domain(), app, ben, { permissions: basic })).toMatchObject({ is: 'requested' });
    });

    it('too many are refused: ten open at once, twenty a day', async () => {
      await makeWorld(domain());
      const apps = await Promise.all(Array.from({ length: 12 }, (_, n) => makeApp(domain(), undefined, `App ${n}`)));
      const { done, refused } = await atOnce(apps.map((app) => ask(domain(), app, ben)));
      expect([done.length, refused]).toEqual([10, ['too_many_requests', 'too_many_requests']]);
      const [mine] = done;
      for (let n = 0; n < 10; n += 1) await ask(domain(), reviewOf(mine!).app, ben, { reason: `again ${n}` });
      expect(await refusal(ask(domain(), reviewOf(mine!).app, ben))).toBe('too_many_requests');
      expect(await ask(domain(), apps[0]!, dan)).toMatchObject({ is: expect.stringMatching(/joined|requested/) });
      domain().pass(DAY);
      expect(await ask(domain(), reviewOf(mine!).app, ben)).toMatchObject({ is: 'asked_before' });
    });

    it('are for active members to ask', async () => {
      const app = await makeWorld(domain());
      await changeMember(domain().deps, { tenant: northwind, user: dan, status: 'inactive' }, system);
      for (const who of [dan, 'usr_stranger' as UserId]) expect(await refusal(ask(domain(), app, who))).toBe('forbidden');
      expect(await refusal(ask(domain(), 'app_unknown' as AppId, ben))).toBe('not_found');
    });

    it('L16 are approved, wholly or in part, for whom the approver says', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      const review = await asked(app, ben, { permissions: { user: [], tenant: ['meetings:write', 'directory:read'] } });
      const availability: Availability = { kind: 'some', groups: [], members: [ben] };
      expect(await decide(review, yes(ADVANCED, availability), ada)).toMatchObject({
        status: 'approved', decision: { by: ada, at: '2026-11-21T20:00:00.000Z', granted: ADVANCED },
      });
      expect(await approval(app)).toMatchObject({ status: 'approved', permissions: ADVANCED, availability, review: review.id, version: review.version, generation: 0, decidedBy: by(ada) });
      expect(await openReview(deps, northwind, app)).toBeUndefined();
      expect(await told()).toMatchObject([{ type: 'review.requested' }, { type: 'review.approved', actor: by(ada), tenantPermissions: ['meetings:write'] }]);
    });

    it('L15 add to what the app has; the version in use keeps it meanwhile', async () => {
      const app = await makeWorld(domain());
      await decide(await asked(app), yes());
      const review = await asked(app, dan, { permissions: { user: [], tenant: ['meetings:write', 'directory:read'] }, cause: 'new_version' });
      expect(review.permissions).toEqual(RESTRICTED);
      expect(await approval(app)).toMatchObject({ status: 'approved', permissions: ADVANCED });
      await decide(review, yes(RESTRICTED), ada);
      expect((await approval(app))?.permissions.tenant).toEqual(['meetings:write', 'directory:read']);
    });

    it('L16 are denied with a reason, and the app can be asked for again', async () => {
      const app = await makeWorld(domain());
      const review = await asked(app);
      expect(await decide(review, no)).toMatchObject({ status: 'denied', decision: { by: chloe, reason: 'We have another one.' } });
      expect(await approval(app)).toBeUndefined();
      expect((await asked(app)).id).not.toBe(review.id);
      expect((await reviewsOf(domain().deps, northwind, 'decided', { limit: 10 })).records.map(({ value }) => value.id)).toEqual([review.id]);
    });

    it('L16 end with the app blocked, and then nobody can ask', async () => {
      const app = await makeWorld(domain());
      expect(await decide(await asked(app), { is: 'block', reason: 'No.' })).toMatchObject({ status: 'blocked' });
      expect(await approval(app)).toMatchObject({ status: 'blocked' });
      expect(await ask(domain(), app, dan)).toMatchObject({ is: 'blocked' });
    });

    it('are answered by an approval of the app itself that covers them, and only by such a one', async () => {
      const app = await makeWorld(domain());
      const review = await asked(app, ben, { permissions: { user: [], tenant: ['meetings:write', 'directory:read'] } });
      await approveApp(domain().deps, { tenant: northwind, app, permissions: ADVANCED, availability: EVERYONE }, by(ada));
      expect((await readReview(domain().deps, northwind, review.id))!.value.status).toBe('open');
      const both = { user: ['meetings:read'], tenant: ['meetings:write', 'directory:read'] };
      await approveApp(domain().deps, { tenant: northwind, app, permissions: both, availability: EVERYONE }, by(ada));
      expect((await readReview(domain().deps, northwind, review.id))!.value).toMatchObject({ status: 'approved', decision: { by: ada, granted: review.permissions } });
    });

    it('xA4 are decided by nobody but those who review here', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      const contoso = 'ten_contoso' as TenantId;
      await createTenant(deps, { id: contoso, name: 'Contoso' }, system);
      const review = await asked(app);
      for (const who of [ben, dan, 'usr_stranger' as UserId]) expect(await refusal(decide(review, yes(), who))).toBe('forbidden');
      expect(await refusal(decideReview(deps, { tenant: northwind, review: review.id }, yes(), { kind: 'app', id: app }))).toBe('forbidden');
      expect(await refusal(decideReview(deps, { tenant: contoso, review: review.id }, yes(), system))).toBe('not_found');
      expect((await openReview(deps, northwind, app))!.value).toEqual(review);
      expect(await approval(app)).toBeUndefined();
    });

    it('L10 are for the app admins, the owners or named people, as the rules say, and restricted ones for an owner', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      const reviewersAre = (reviewers: Parameters<typeof changeRules>[1]['changes']['reviewers']) => changeRules(deps, { tenant: northwind, changes: { reviewers: reviewers! } }, by(ada));
      const named = async (review: Review) => {
        const { as, people } = await reviewersOf(deps, review);
        return [as, ...people.map(({ user }) => user)];
      };
      const review = await asked(app);
      expect(await named(review)).toEqual(['app_admins', chloe]);
      await reviewersAre({ kind: 'owners' });
      expect(await named(review)).toEqual(['owners', ada]);
      expect(await refusal(decide(review, yes(), chloe))).toBe('forbidden');
      await reviewersAre({ kind: 'people', people: [dan] });
      expect(await named(review)).toEqual(['people', dan]);
      expect(await refusal(decide(review, yes(), chloe))).toBe('forbidden');
      expect(await named({ ...review, byOwner: true })).toEqual(['owners', ada]);
      await decide(review, no, dan);
      const restricted = await asked(app, ben, { permissions: RESTRICTED });
      expect(await refusal(decide(restricted, yes(RESTRICTED), dan))).toBe('forbidden');
      await removeMember(deps, { tenant: northwind, user: dan }, system);
      expect(await named(review)).toEqual(['owners', ada]);
      await reviewersAre({ kind: 'app_admins' });
      await changeMember(deps, { tenant: northwind, user: chloe, role: 'member' }, system);
      expect(await named(review)).toEqual(['owners', ada]);
      const { id: role } = await createRole(deps, { tenant: northwind, name: 'App keeper', capabilities: ['apps.manage'] }, system);
      await changeMember(deps, { tenant: northwind, user: ben, role }, system);
      expect(await named(review)).toEqual(['app_admins', ben]);
      expect(await refusal(decide(restricted, yes(RESTRICTED), ben))).toBe('forbidden');
      await decide(restricted, yes(RESTRICTED), ada);
    });

    it('xA5 are not decided by somebody who was demoted a moment ago, however the two meet', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      const { id: role } = await createRole(deps, { tenant: northwind, name: 'App keeper', capabilities: ['apps.manage'] }, system);
      for (let round = 0; round < 6; round += 1) {
        await updateRole(deps, { tenant: northwind, id: role, capabilities: ['apps.manage'] }, system);
        await changeMember(deps, { tenant: northwind, user: dan, role }, system);
        const review = await asked(app);
        const demotion = round % 2 === 0
          ? changeMember(deps, { tenant: northwind, user: dan, role: 'member' }, system)
          : updateRole(deps, { tenant: northwind, id: role, capabilities: [] }, system);
        const { refused } = await atOnce<unknown>([demotion, decide(review, no, dan)]);
        const happenedInOrder = await eventsOf(deps.store, shardOf(northwind));
        const decidedAt = happenedInOrder.findIndex((event) => event.type === 'review.denied' && event.review === review.id);
        const demotedAt = happenedInOrder.findLastIndex(({ type }) => type === 'member.updated' || type === 'role.updated');
        if (refused.length > 0) expect([refused, decidedAt]).toEqual([['forbidden'], -1]);
        else expect(decidedAt).toBeLessThan(demotedAt);
        if (refused.length > 0) await decide(review, no, ada);
      }
    });

    it('xA6 have one decision when several are taken at once, and the others are told which', async () => {
      const app = await makeWorld(domain());
      for (let round = 0; round < 5; round += 1) {
        const review = await asked(app, ben, { reason: `round ${round}` });
        const { done, refused } = await atOnce([decide(review, yes(), ada), decide(review, no, chloe), decide(review, yes(), chloe), decide(review, no, ada)]);
        expect(done).toHaveLength(1);
        expect(refused).toEqual(['review_decided', 'review_decided', 'review_decided']);
        const { value } = (await readReview(domain().deps, northwind, review.id))!;
        expect(value).toEqual(done[0]);
        expect((await approval(app))?.status).toBe(value.status === 'approved' ? 'approved' : undefined);
        expect((await types()).filter((type) => /approved|denied/.test(type))).toHaveLength(round + 1);
        await expect(decide(review, yes())).rejects.toMatchObject({ detail: value.status === 'approved' ? 'It was approved already.' : 'It was denied already.' });
        if (value.status === 'approved') return;
      }
    });

    it('are not decided for more than was seen, nor for what was not asked', async () => {
      const app = await makeWorld(domain());
      const review = await asked(app);
      await ask(domain(), app, dan, { permissions: RESTRICTED });
      expect(await refusal(decide(review, yes(), ada, { seen: review.permissions }))).toBe('conflict');
      for (const permissions of [{ user: ['meetings:read'], tenant: [] }, { user: [], tenant: ['meetings:write', 'everything:control'] }, { user: [], tenant: [] }]) {
        expect(await refusal(decide(review, yes(permissions), ada))).toBe('invalid_request');
      }
      for (const groups of [['grp_unknown'], []]) {
        expect(await refusal(decide(review, yes(ADVANCED, { kind: 'some', groups: groups as GroupId[], members: [] }), ada))).toBe('invalid_request');
      }
      expect(await refusal(decide(review, yes(ADVANCED, { kind: 'some', groups: [], members: ['usr_stranger' as UserId] }), ada))).toBe('invalid_request');
      expect(await approval(app)).toBeUndefined();
    });

    it('L16 remind 7 days and 1 day before the end, then expire: one event each, however many look', async () => {
      const app = await makeWorld(domain());
      const { deps, pass } = domain();
      const review = await asked(app);
      const tend = async () => {
        const found = await Promise.all(Array.from({ length: 4 }, () => tendReviews(deps, shardOf(northwind))));
        return found.reduce((sum, each) => ({ reminded: sum.reminded + each.reminded, expired: sum.expired + each.expired }));
      };
      pass(23 * DAY - 1);
      expect(await tend()).toEqual({ reminded: 0, expired: 0 });
      pass(1);
      expect(await tend()).toEqual({ reminded: 1, expired: 0 });
      expect(await tend()).toEqual({ reminded: 0, expired: 0 });
      pass(6 * DAY);
      expect(await tend()).toEqual({ reminded: 1, expired: 0 });
      pass(DAY);
      expect(await refusal(decide(review, yes(), ada))).toBe('review_decided');
      expect(statusOf(review, deps.clock())).toBe('expired');
      expect(await tend()).toEqual({ reminded: 0, expired: 1 });
      expect(await tend()).toEqual({ reminded: 0, expired: 0 });
      expect((await told()).map((event) => [event.type, 'daysLeft' in event ? event.daysLeft : null])).toEqual([
        ['review.requested', null], ['review.about_to_expire', 7], ['review.about_to_expire', 1], ['review.expired', null],
      ]);
      expect((await asked(app)).id).not.toBe(review.id);
    });

    it('remind once when nobody looked for long', async () => {
      const app = await makeWorld(domain());
      await asked(app);
      domain().pass(29 * DAY + 1);
      expect(await tendReviews(domain().deps, shardOf(northwind))).toEqual({ reminded: 1, expired: 0 });
      expect((await told()).at(-1)).toMatchObject({ type: 'review.about_to_expire', daysLeft: 1 });
      expect(await tendReviews(domain().deps, shardOf(northwind))).toEqual({ reminded: 0, expired: 0 });
    });

    it('xR2 are decided wholly or not at all, wherever deciding died', async () => {
      const app = await makeWorld(domain());
      const { deps } = domain();
      for (const when of ['before', 'after'] as const) {
        for (let at = 1; at <= 8; at += 1) {
          const review = await asked(app, [ada, ben, chloe, dan][at % 4]!);
          const { store } = failingStore(deps.store, { at, when, forGood: true });
          await atOnce([decideReview({ ...deps, store }, { tenant: northwind, review: review.id }, yes(), by(ada))]);
          const { value } = (await readReview(deps, northwind, review.id))!;
          expect((await approval(app))?.status).toBe(value.status === 'approved' ? 'approved' : undefined);
          expect((await openReview(deps, northwind, app)) === undefined).toBe(value.status === 'approved');
          if (value.status === 'approved') return;
          domain().pass(DAY);
          await decide(review, no, ada);
        }
      }
    });
  });
});
