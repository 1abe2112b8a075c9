import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startApi, type ApiWorld } from '#test/support/api.ts';
import { furnish, type Furnished } from '#test/support/api-furniture.ts';

let api: ApiWorld;
let ids: Furnished['ids'];
let worlds = 0;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/** A tenant with an app that may do `meetings:read` and an open review of `meetings:write` for the tenant. */
const fresh = async (): Promise<string> => {
  ({ ids } = await furnish(api, `approvals-${(worlds += 1)}`));
  return `/tenants/${ids['tenant']}`;
};
const change = async (path: string, body: object) => api.ask('PATCH', path, { body, headers: { 'if-match': (await api.ask('GET', path)).etag } });

describe('over the management API', () => {
  it('L9 L11 the rules of a tenant are read, previewed and changed', async () => {
    const tenant = await fresh();
    const levels = { user: { basic: 'review', advanced: 'review', restricted: 'block' }, tenant: { basic: 'auto', advanced: 'review', restricted: 'review' } };
    const exceptions = [{ permission: 'meetings:write', identity: 'tenant', treatment: 'block' }];
    expect((await api.ask('POST', `${tenant}/rules/preview`, { body: { exceptions } })).body).toEqual({
      changes: [{ app: ids['app'], permissions: [{ permission: 'meetings:write', identity: 'tenant', from: 'review', to: 'block' }], availability: false, members: 1, installed: expect.any(Boolean) }],
      apps: 1, more: false,
    });
    const trust = { developers: ['Scheduler Inc.'], availability: { kind: 'some', members: [ids['user']] } };
    const { body } = await change(`${tenant}/rules`, { levels, exceptions, trust, reviewers: { kind: 'people', people: [ids['user']] } });
    expect(body).toMatchObject({
      levels, exceptions, sensitive: 'auto', reviewers: { kind: 'people', people: [ids['user']] },
      trust: { apps: [], developers: ['Scheduler Inc.'], availability: { kind: 'some', groups: [], members: [ids['user']] } },
    });
    expect((await api.ask('GET', `${tenant}/rules`)).body).toEqual(body);
    expect(await change(`${tenant}/rules`, { exceptions: [{ ...exceptions[0], permission: 'nothing' }] })).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  it('Z10 an app is approved for a group, withdrawn, blocked and unblocked', async () => {
    const tenant = await fresh();
    const path = `${tenant}/approvals/${ids['app']}`;
    const availability = { kind: 'some', groups: [ids['group']], members: [] };
    const given = await api.ask('POST', `${tenant}/approvals`, { body: { app: ids['app'], permissions: { user: ['calendar:read'] }, availability } });
    expect(given.body).toMatchObject({ status: 'approved', permissions: { user: ['calendar:read'], tenant: [] }, availability });
    expect(given.headers.get('location')).toBe(`/api/v1${path}`);
    for (const [status, next] of [['withdrawn', 'withdrawn'], ['blocked', 'blocked'], ['withdrawn', 'withdrawn'], ['approved', 'approved']]) {
      expect((await change(path, { status })).body.status).toBe(next);
    }
    expect((await api.ask('GET', `${tenant}/approvals`)).body.items).toEqual([(await api.ask('GET', path)).body]);
    expect(await api.ask('POST', `${tenant}/approvals`, { body: { app: 'app_unknown' } })).toMatchObject({ status: 404 });
  });

  it('L16 a review is read and decided once; the second decision is told of the first', async () => {
    const tenant = await fresh();
    const path = `${tenant}/reviews/${ids['review']}`;
    expect((await api.ask('GET', `${tenant}/reviews`)).body.items).toEqual([(await api.ask('GET', path)).body]);
    const both = await Promise.all([
      api.ask('POST', `${path}/decision`, { body: { verdict: 'approve' } }),
      api.ask('POST', `${path}/decision`, { body: { verdict: 'deny', reason: 'No.' } }),
    ]);
    const [won, lost] = both.toSorted((a, b) => a.status - b.status);
    expect([won?.status, lost?.status, lost?.body.code]).toEqual([200, 409, 'review_decided']);
    expect((await api.ask('GET', `${tenant}/reviews?state=decided`)).body.items).toEqual([won?.body]);
    expect((await api.ask('GET', `${tenant}/reviews`)).body.items).toEqual([]);
    const approved = (await api.ask('GET', `${tenant}/approvals/${ids['app']}`)).body.permissions.tenant;
    expect(approved).toEqual(won?.body.status === 'approved' ? ['meetings:write'] : []);
  });
});
