import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { authorize, begin, connect, exchange, introspect, refresh, signIn } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const pathOf = (): string => `${world.issuer}/account/apps/${world.tenants.northwind}/${world.apps.scheduler.id}`;

const signedIn = async (): Promise<HttpBrowser> => {
  const browser = createHttpBrowser();
  await signIn(world, browser, world.people.ben);
  return browser;
};

const scopeOf = async (token: string): Promise<string[]> => String((await introspect(world, token)).body.scope ?? '').split(' ');

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

  test('xC7 removing an app kills its codes, its tokens and the answers that are on their way', async () => {
    const { tokens, browser } = await connect(world, world.people.ben);
    const waiting = begin(world, { parameters: { tenant: world.tenants.northwind } });
    const code = (await authorize(waiting, world.people.ben, { browser })).get('code');

    const confirm = await browser.open(`${pathOf()}/remove`);
    const done = await browser.submit(confirm, { button: 'Remove app' });
    expect(done.html).toContain('The app was removed');
    expect(done.html).toContain('No app acts for you');

    expect((await introspect(world, tokens.access_token)).body).toEqual({ active: false });
    expect((await refresh(world, world.apps.scheduler, tokens.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await exchange(world, waiting, code)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await browser.open(pathOf())).status).toBe(404);
    // What comes after is asked anew.
    expect((await browser.open(begin(world, { parameters: { tenant: world.tenants.northwind } }).url)).html).toContain('asks for access');
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
