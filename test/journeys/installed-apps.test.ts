import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { openStore } from '#src/storage/open-store.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { arrive, authorize, begin, connect, exchange, introspect, post, refresh, SCOPE, signIn } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { startWorld, type World } from '#test/support/world.ts';

import { forgetGrants } from './steps.ts';

let world: World;
/** Commits that were answered only when they were on disk. */
let durable = 0;
beforeAll(async () => {
  world = await startWorld({
    settings: { ASSENT_LAST_USE_SECONDS: '1' },
    async openStore(...place) {
      const store = await openStore(...place);
      return { ...store, commit: (change) => ((durable += change.durable ? 1 : 0), store.commit(change)) };
    },
  });
});
afterAll(() => world.stop());

const pathOf = (): string => `${world.issuer}/account/apps/${world.tenants.northwind}/${world.apps.scheduler.id}`;

const signedIn = async (): Promise<HttpBrowser> => {
  const browser = createHttpBrowser();
  await signIn(world, browser, world.people.ben);
  return browser;
};

const scopeOf = async (token: string): Promise<string[]> => String((await introspect(world, token)).body.scope ?? '').split(' ');

const eventsOf = async (types: readonly string[]): Promise<any[]> => {
  const { items } = await world.manage.get(`/tenants/${world.tenants.northwind}/audit?limit=20`);
  return items.filter(({ type }: { type: string }) => types.includes(type));
};

describe('Installed apps', () => {
  test('Z5 a member passes shared access on later, for one app, and live tokens gain it at once; taking it back, they lose it', async () => {
    const { tokens, browser } = await connect(world, world.people.ben);
    expect(await scopeOf(tokens.access_token)).not.toContain('shared_access');

    const page = await browser.open(pathOf());
    expect(page.html).toContain('Allow this app to use my shared access permissions');
    const unticked = await browser.submit(page, { button: 'Authorize' });
    expect(unticked.html).toContain('Nothing was changed');
    const allowed = await browser.submit(unticked, { button: 'Authorize', tick: ['shared_access'] });
    expect(allowed.html).toContain('may now use your shared access');
    expect(await scopeOf(tokens.access_token)).toContain('shared_access');
    expect((await browser.open(`${world.issuer}/account/apps`)).html).toMatch(/data-label="Shared Access Permissions"><span>Allowed/);

    await browser.submit(allowed, { button: 'Revoke Shared Access Permissions' });
    const { body } = await introspect(world, tokens.access_token);
    expect(body).toMatchObject({ active: true, scope: expect.not.stringContaining('shared_access') });
    expect(body.scope).toContain('meetings:read');
  });

  test('xC7 removing an app kills its codes, its tokens, open consent pages and pushed requests', async () => {
    const { tokens, browser } = await connect(world, world.people.ben);
    const waiting = begin(world, { parameters: { tenant: world.tenants.northwind } });
    const code = (await authorize(waiting, world.people.ben, { browser })).get('code');
    const more = begin(world, { parameters: { tenant: world.tenants.northwind, scope: `${SCOPE} calendar:read` } });
    const openPage = await arrive(browser, more, world.people.ben);
    expect(openPage.html).toContain('See your calendar');
    const pushed = begin(world, { parameters: { tenant: world.tenants.northwind } });
    const { body: kept } = await post(world, '/oauth/par', world.apps.scheduler, Object.fromEntries(pushed.url.searchParams));

    const confirm = await browser.open(`${pathOf()}/remove`);
    const done = await browser.submit(confirm, { button: 'Remove app' });
    expect(done.html).toContain('The app was removed');
    expect(done.html).toContain('No app acts for you');

    expect((await introspect(world, tokens.access_token)).body).toEqual({ active: false });
    expect((await refresh(world, world.apps.scheduler, tokens.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await exchange(world, waiting, code)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await browser.open(pathOf())).status).toBe(404);
    const late = await browser.submit(openPage, { button: 'Authorize', tick: ['permission=calendar:read'] }, { stopAt: more.app.redirectUri });
    expect([late.status, late.url.href.startsWith(more.app.redirectUri)]).toEqual([409, false]);
    expect((await world.manage.get(`/tenants/${world.tenants.northwind}/grants?user=${world.people.ben.id}`)).items).toEqual([]);
    const pushedUrl = `${world.issuer}/oauth/authorize?${new URLSearchParams({ client_id: world.apps.scheduler.id, request_uri: kept.request_uri })}`;
    expect((await browser.open(pushedUrl)).html).toContain('asks for access');
    // What comes after is asked anew.
    expect((await browser.open(begin(world, { parameters: { tenant: world.tenants.northwind } }).url)).html).toContain('asks for access');
  });

  test('I2 I8 removed once more, because the answer was lost say, it makes sure that it is gone on disk: on the page and in the API', async () => {
    const { browser } = await connect(world, world.people.ben);
    const confirm = await browser.open(`${pathOf()}/remove`);
    const { items: [grant] } = await world.manage.get(`/tenants/${world.tenants.northwind}/grants?user=${world.people.ben.id}`);
    await browser.submit(confirm, { button: 'Remove app' });
    const before = durable;
    expect([(await browser.submit(confirm, { button: 'Remove app' })).status, durable - before]).toEqual([404, 1]);
    expect([(await world.manage.ask('DELETE', `/tenants/${world.tenants.northwind}/grants/${grant.id}`)).status, durable - before]).toEqual([404, 2]);
  });

  test('xA7 an app that was removed from the tenant is in no list of what is installed, also when it is approved again', async () => {
    const { tokens, browser } = await connect(world, world.people.ben);
    const name = 'data-label="Shared Access Permissions"';
    expect((await browser.open(`${world.issuer}/account/apps`)).html).toContain(name);
    const tenant = `/tenants/${world.tenants.northwind}`;
    const grants = `${tenant}/grants?user=${world.people.ben.id}`;
    await world.manage.remove(`${tenant}/installations/${world.apps.scheduler.id}?everything=true`);
    const isGone = async () => {
      expect((await browser.open(`${world.issuer}/account/apps`)).html).not.toContain(name);
      expect((await browser.open(pathOf())).status).toBe(404);
      expect((await world.manage.get(grants)).items).toEqual([]);
      expect((await world.manage.ask('GET', `${tenant}/grants/${tokens['grant_id']}`)).status).toBe(404);
    };
    await isGone();
    await world.manage.post(`${tenant}/approvals`, { app: world.apps.scheduler.id });
    await isGone();
  });

  test('xT1 an app of another tenant, one that was never allowed and one that does not exist look the same', async () => {
    const browser = await signedIn();
    const { contoso, northwind } = world.tenants;
    const answers = await Promise.all(
      [`${contoso}/${world.apps.scheduler.id}`, `${northwind}/${world.apps.notes.id}`, `${northwind}/app_nowhere`, 'ten_nowhere/app_nowhere'].map((path) =>
        browser.open(`${world.issuer}/account/apps/${path}`),
      ),
    );
    const bodies = answers.map(({ html }) => html.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '').replaceAll(/value="[\w-]+"/g, ''));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(new Set(bodies).size).toBe(1);
  });

  test('xC1 no form of it works without its own token', async () => {
    const { browser } = await connect(world, world.people.ben);
    const cookie = `assent_session=${browser.cookie(world.issuer, 'assent_session')}`;
    for (const path of [`${pathOf()}/remove`, `${pathOf()}/shared-access`]) {
      const answer = await fetch(path, { method: 'POST', headers: { cookie, origin: world.issuer }, body: new URLSearchParams({ decision: 'authorize', shared_access: 'yes' }), redirect: 'manual' });
      expect(answer.status).toBe(403);
    }
    expect((await browser.open(pathOf())).status).toBe(200);
  });
});

describe('Update permissions', () => {
  const OPTIONAL = 'Schedule and change your meetings';
  const connectForUpdate = async () => {
    await forgetGrants({ world });
    return connect(world, world.people.ben, { parameters: { tenant: world.tenants.northwind, scope: `${SCOPE} calendar:read` }, tick: ['permission=calendar:read'] });
  };
  const open = (browser: HttpBrowser) => browser.open(`${pathOf()}/permissions`);

  test('Z13 Z5 passing shared access on, and taking it back, are events of their own', async () => {
    const { browser } = await connectForUpdate();
    const allowed = await browser.submit(await browser.open(pathOf()), { button: 'Authorize', tick: ['shared_access'] });
    await browser.submit(allowed, { button: 'Revoke Shared Access Permissions' });
    const [revoked, granted] = await eventsOf(['shared_access.granted', 'shared_access.revoked']);
    const by = { actor: { kind: 'user', id: world.people.ben.id }, from: { via: 'page' }, details: { app: world.apps.scheduler.id, user: world.people.ben.id } };
    expect([granted, revoked]).toMatchObject([{ type: 'shared_access.granted', ...by }, { type: 'shared_access.revoked', ...by }]);
  });

  test('Z12 S14 optional permissions change one by one, after a page that says what will happen, and live tokens with them', async () => {
    const { tokens, browser } = await connectForUpdate();
    expect(await scopeOf(tokens.access_token)).toContain('calendar:read');
    const page = await open(browser);
    expect(page.html).toContain(OPTIONAL);
    // What the app needs is no choice, what nobody approved neither.
    expect(page.forms.flatMap(({ controls }) => controls).filter(({ box }) => box).map(({ value, checked }) => [value, checked])).toEqual([['calendar:read', true], ['meetings:write', false]]);

    const confirmation = await browser.submit(page, { button: 'Continue', tick: ['permission=meetings:write'], untick: ['permission=calendar:read'] });
    expect(confirmation.html).toMatch(/It can no longer[\s\S]*See your calendar[\s\S]*It can also[\s\S]*Schedule and change your meetings/);
    expect(await scopeOf(tokens.access_token)).toContain('calendar:read');

    const done = await browser.submit(confirmation, { button: 'Update permissions' });
    expect(done.html).toContain('It holds from now on');
    expect(await scopeOf(tokens.access_token)).not.toContain('calendar:read');
    const { body } = await refresh(world, world.apps.scheduler, tokens.refresh_token);
    expect(await scopeOf(body.access_token)).not.toContain('calendar:read');
    const { items } = await world.manage.get(`/tenants/${world.tenants.northwind}/grants?user=${world.people.ben.id}`);
    expect(items[0].permissions).toEqual(expect.arrayContaining(['meetings:read', 'meetings:write']));
    expect((await eventsOf(['permissions.changed']))[0]).toMatchObject({ actor: { kind: 'user', id: world.people.ben.id }, details: { grant: items[0].id } });
  });

  test('nothing ticked otherwise changes nothing', async () => {
    const { browser } = await connectForUpdate();
    const before = await eventsOf(['permissions.changed']);
    expect((await browser.submit(await open(browser), { button: 'Continue' })).html).toContain('Nothing was changed.');
    expect(await eventsOf(['permissions.changed'])).toEqual(before);
  });

  test('L8 what needs a review is not given here: the page leads to asking, and then to the request', async () => {
    const { tokens, browser } = await connectForUpdate();
    const page = await open(browser);
    const [, ask = ''] = /href="(\/apps\/[^"]+permission=contacts%3Aread)"/.exec(page.html) ?? [];
    const asked = await browser.submit(await browser.open(world.issuer + ask.replaceAll('&amp;', '&')), { button: 'Ask for approval' });
    expect(asked.status).toBe(200);
    expect((await open(browser)).html).toMatch(/nobody has decided yet[\s\S]*See the request/);
    const forged = await browser.submit(page, { button: 'Continue', untick: ['permission=calendar:read'] });
    const cheat = { ...forged, forms: forged.forms.map((form) => ({ ...form, controls: form.controls.map((control) => (control.name === 'remove' ? { ...control, name: 'add', value: 'contacts:read' } : control)) })) };
    expect((await browser.submit(cheat, { button: 'Update permissions' })).html).toContain('Nothing was changed: something about the app changed');
    expect(await scopeOf(tokens.access_token)).toContain('calendar:read');
  });

  test.each([
    ['the rules block it', () => world.manage.change(`/tenants/${world.tenants.northwind}/rules`, { exceptions: [{ permission: 'meetings:write', identity: 'user', treatment: 'block' }] })],
    ['the grant was taken away and given anew', async () => void (await connectForUpdate())],
  ])('xC4 what was confirmed is not given when meanwhile %s', async (_, meanwhile) => {
    const { browser } = await connectForUpdate();
    const confirmation = await browser.submit(await open(browser), { button: 'Continue', tick: ['permission=meetings:write'] });
    await meanwhile();
    await browser.submit(confirmation, { button: 'Update permissions' });
    await world.manage.change(`/tenants/${world.tenants.northwind}/rules`, { exceptions: [] });
    const { items } = await world.manage.get(`/tenants/${world.tenants.northwind}/grants?user=${world.people.ben.id}`);
    expect(items[0].permissions).not.toContain('meetings:write');
  });
});

describe('what an app may do on nodes', () => {
  test('S2 S14 stands on its page, and one node is taken back, not the last of those it needs', async () => {
    const { manage, people, tenants } = world;
    const node = (kind: string, id: string, parent: object | null, title: string, template: string | null = null) => ({ kind, id, parent, title, template });
    const [org, company, sales] = [{ kind: 'tenancy', id: 'northwind' }, { kind: 'site_collection', id: 'company' }, { kind: 'web', id: 'sales' }];
    await manage.post(`/tenants/${tenants.northwind}/resources`, {
      nodes: [node('tenancy', 'northwind', null, 'Northwind'), node('site_collection', 'company', org, 'Company'), node('web', 'sales', company, 'Sales'), node('web', 'office', company, 'Office'), node('list', 'tasks', sales, 'Sales tasks', 'tasks')],
    });
    await manage.put(`/tenants/${tenants.northwind}/resources/site_collection/company/rights/${people.ben.id}`, { right: 'write' });
    const app = await registerApp(manage, { name: 'Tasks', authMethod: 'client_secret_basic' }, {
      redirectUris: ['https://tasks.example/callback'],
      permissions: { user: { required: [], optional: ['meetings:read'] } },
      resources: { user: [{ kind: 'list', right: 'write', template: 'tasks', required: true }, { kind: 'web', right: 'read', required: false }], tenant: [] },
    });
    const details = JSON.stringify([{ type: 'resource_access', kind: 'list', right: 'write', template: 'tasks' }, { type: 'resource_access', kind: 'web', right: 'read' }]);
    const parameters = { tenant: tenants.northwind, scope: 'openid offline_access', authorization_details: details };
    const { tokens, browser } = await connect(world, people.ben, { app, parameters, tick: ['node_user_0=tasks', 'node_user_1=sales', 'node_user_1=office'] });
    const held = async () => (await introspect(world, tokens.access_token)).body.authorization_details.map(({ identifier }: { identifier: string }) => identifier);
    expect(await held()).toEqual(['tasks', 'office', 'sales']);

    const path = `${world.issuer}/account/apps/${tenants.northwind}/${app.id}`;
    const text = (await browser.open(path)).html.replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ');
    expect(text).toMatch(/Where Sales tasks Add and change things in the list, with all below it · in Northwind › Company › Sales Office See what is in the site, with all below it · in Northwind › Company /);
    const page = await browser.open(`${path}/permissions`);
    const boxes = page.forms.flatMap(({ controls }) => controls).filter(({ name }) => name === 'node').map(({ value }) => value);
    expect(boxes).toEqual(['["web","office"]', '["web","sales"]']);
    const confirmation = await browser.submit(page, { button: 'Continue', untick: ['node=["web","office"]'] });
    expect(confirmation.html).toMatch(/It can no longer reach[\s\S]*Office/);
    await browser.submit(confirmation, { button: 'Update permissions' });
    expect(await held()).toEqual(['tasks', 'sales']);
    const cheat = { ...confirmation, forms: confirmation.forms.map((form) => ({ ...form, controls: form.controls.map((control) => (control.name === 'remove_node' ? { ...control, value: '["list","tasks"]' } : control)) })) };
    expect((await browser.submit(cheat, { button: 'Update permissions' })).html).toContain('Nothing was changed: something about the app changed');
    expect(await held()).toEqual(['tasks', 'sales']);

    const question = await browser.open(`${path}/remove`);
    expect(question.html).toMatch(/Reach <bdi>Sales tasks<\/bdi>/);
    await browser.submit(question, { button: 'Remove app' });
    expect((await introspect(world, tokens.access_token)).body).toEqual({ active: false });
  });
});

describe('what cannot act', () => {
  afterAll(async () => {
    await setStatus('active');
    await approve({ availability: { kind: 'everyone' } });
  });

  const list = async (browser: HttpBrowser) => (await browser.open(`${world.issuer}/account/apps`)).html;
  const tenant = () => `/tenants/${world.tenants.northwind}`;
  const setStatus = (status: string) => world.manage.put(`/apps/${world.apps.scheduler.id}/status`, { status });
  const approve = (more: object) => world.manage.post(`${tenant()}/approvals`, { app: world.apps.scheduler.id, permissions: { user: ['meetings:read'] }, ...more });

  test.each([
    ['switched off everywhere', 'Switched off', () => setStatus('disabled')],
    ['not allowed in the tenant any more', 'Not allowed here', () => approve({ status: 'blocked' })],
    ['there for others only', 'Not for you', () => approve({ status: 'approved', availability: { kind: 'some', groups: [], members: [world.people.chloe.id] } })],
  ])('Z5 an app that is %s is shown with its state, and can be removed', async (_, state, shut) => {
    await forgetGrants({ world });
    await setStatus('active');
    await approve({ availability: { kind: 'everyone' } });
    const { browser } = await connect(world, world.people.ben);
    await shut();
    expect(await list(browser)).toContain(state);
    const page = await browser.open(pathOf());
    expect([page.status, page.html]).toEqual([200, expect.stringContaining(state)]);
    expect(page.html).toContain('You can remove it.');
    expect(page.html).not.toContain('/permissions"');
    const removed = await browser.submit(await browser.open(`${pathOf()}/remove`), { button: 'Remove app' });
    expect(removed.html).toContain('The app was removed');
    expect(await list(browser)).toContain('No app acts for you.');
  });
});

describe('when it was used last', () => {
  const grantOf = async ({ id }: { id: string }) => (await world.manage.get(`/tenants/${world.tenants.northwind}/grants?user=${id}`)).items[0];
  /** The server writes it down every second here. */
  const untilUsedAfter = async (person: { id: string }, moment: string): Promise<string> => {
    for (;;) {
      const { lastUsedAt } = await grantOf(person);
      if (lastUsedAt !== null && lastUsedAt > moment) return lastUsedAt;
      await new Promise((resolve) => void setTimeout(resolve, 50));
    }
  };

  test('is noted when the app redeems a code, refreshes, asks who it is, and when a platform API introspects; it brings no removed grant back', async () => {
    await forgetGrants({ world });
    const { ada, ben, chloe, dan } = world.people;
    const [byAda, byBen, byChloe, byDan] = await Promise.all([ada, ben, chloe, dan].map((person) => connect(world, person)));
    const connected = new Map(await Promise.all([ada, ben, dan].map(async (person) => [person, await untilUsedAfter(person, '')] as const)));

    await introspect(world, byBen!.tokens.access_token);
    await refresh(world, world.apps.scheduler, byDan!.tokens.refresh_token);
    await fetch(`${world.issuer}/oauth/userinfo`, { headers: { authorization: `Bearer ${byAda!.tokens.access_token}` } });
    await introspect(world, byChloe!.tokens.access_token);
    await world.manage.remove(`/tenants/${world.tenants.northwind}/grants/${(await grantOf(chloe)).id}`);
    for (const person of [ada, ben, dan]) await untilUsedAfter(person, connected.get(person) ?? '');

    expect(await grantOf(chloe)).toBeUndefined();
    expect((await introspect(world, byChloe!.tokens.access_token)).body).toEqual({ active: false });
    const { browser } = byBen!;
    const last = `<time datetime="${(await grantOf(ben)).lastUsedAt}">`;
    expect((await browser.open(pathOf())).html).toContain(last);
    expect((await browser.open(`${world.issuer}/account/apps`)).html).toContain(last);
  });
});

describe('who looks on', () => {
  test('xT7 a place in somebody else’s list, or in another list of one’s own, opens nothing', async () => {
    const browser = await signedIn();
    for (const after of ['AAAA', Buffer.from('[]').toString('base64url').repeat(8)]) {
      for (const path of [`apps?after=${after}`, `delegations?given=${after}`, `delegations?received=${after}`]) {
        expect((await browser.open(`${world.issuer}/account/${path}`)).status).toBe(400);
      }
    }
  });

  test('xM1 whatever an app, its developer, a tenant or a person is called, it stands on these pages as text', async () => {
    const corpus = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", '</title><svg onload=alert(1)>', '<%= 7*7 %>{{7*7}}'];
    const { manage, people } = world;
    for (const text of corpus) {
      const app = await registerApp(
        manage,
        { name: text, developer: { name: text, verified: false }, authMethod: 'none' },
        { redirectUris: ['https://evil.example/callback'], permissions: { user: { required: ['meetings:read'], optional: ['calendar:read'] } }, sharedAccess: true },
      );
      const { id: tenant } = await manage.post('/tenants', { name: text });
      const { id: other } = await manage.post('/users', { email: `${corpus.indexOf(text)}@evil.example`, name: text, password: 'correct horse battery staple' });
      for (const user of [people.ben.id, other]) await manage.post(`/tenants/${tenant}/members`, { user });
      const { id: delegation } = await manage.post(`/tenants/${tenant}/delegations`, { giver: other, receiver: people.ben.id, permissions: ['meetings:read'] });
      const { browser } = await connect(world, people.ben, { app, parameters: { tenant, scope: 'openid meetings:read' }, tick: ['shared_access'] });
      const one = `account/apps/${tenant}/${app.id}`;
      for (const path of ['account/apps', one, `${one}/permissions`, `${one}/remove`, 'account/delegations', `account/delegations/new?tenant=${tenant}`, `account/delegations/${tenant}/${delegation}/end`]) {
        const { status, html } = await browser.open(`${world.issuer}/${path}`);
        expect([path, status]).toEqual([path, 200]);
        for (const raw of ['<script', '<img src=x', "' onmouseover='", '<svg', '49{{']) expect([path, html.includes(raw)]).toEqual([path, false]);
      }
    }
  });
});
