import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { administrationPages } from '#src/administration/pages.ts';
import { approvalPages } from '#src/approvals/pages.ts';
import { auditPages } from '#src/audit/pages.ts';
import type { WebRouter } from '#src/http/web-context.ts';
import { installationPages } from '#src/installations/pages.ts';
import { adminPages } from '#src/sign-in/admin-pages.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { signIn } from '#test/support/oauth-flow.ts';
import { startWorld, type World } from '#test/support/world.ts';

/** Read off the routers themselves, so that a new page cannot be forgotten. Nothing is served with them. */
const routers = [adminPages, approvalPages, installationPages, administrationPages, auditPages].map((pages) => pages({} as never) as WebRouter);
const routes = routers
  .flatMap(({ stack }) => stack)
  .flatMap(({ methods, path }) => methods.filter((method) => method !== 'HEAD').map((method) => ({ method, path: String(path) })))
  .filter(({ path }) => path.startsWith('/admin/'));

type Who = 'nobody' | 'member' | 'foreign owner' | 'viewer' | 'admin' | 'owner';
const MAY_SEE: readonly Who[] = ['viewer', 'admin', 'owner'];
const MAY_NOT: readonly Who[] = ['member', 'foreign owner'];

let world: World;
const cookies: Partial<Record<Who, string>> = {};

beforeAll(async () => {
  world = await startWorld();
  const { northwind } = world.tenants;
  const { ada, ben, chloe, dan, erin } = world.people;
  const role = await world.manage.post(`/tenants/${northwind}/roles`, { name: 'Looks on', capabilities: ['apps.view', 'audit.view'] });
  await world.manage.change(`/tenants/${northwind}/members/${dan.id}`, { role: role.id });
  await world.manage.change(`/tenants/${northwind}/members/${chloe.id}`, { role: 'admin' });
  for (const [who, person] of [['member', ben], ['foreign owner', erin], ['viewer', dan], ['admin', chloe], ['owner', ada]] as const) {
    const browser: HttpBrowser = createHttpBrowser();
    await signIn(world, browser, person);
    cookies[who] = `assent_session=${browser.cookie(world.issuer, 'assent_session')}`;
  }
});
afterAll(() => world.stop());

const address = (path: string, tenant: string): string =>
  world.issuer + path.replace(':tenant', tenant).replace(':app', world.apps.scheduler.id).replace(':user', world.people.ben.id).replace(':review', 'rev_00000000000000000000000');

async function ask(who: Who, method: string, path: string, tenant = world.tenants.northwind) {
  const response = await fetch(address(path, tenant), {
    method,
    redirect: 'manual',
    headers: { accept: 'text/html', origin: world.issuer, ...(cookies[who] && { cookie: cookies[who] }) },
    ...(method === 'POST' && { body: new URLSearchParams({ decision: 'approve' }) }),
  });
  const html = (await response.text()).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '').replaceAll(/value="[\w-]+"/g, '');
  return { status: response.status, location: response.headers.get('location'), html };
}

test('there are pages to ask for', () => {
  expect(routes.length).toBeGreaterThan(40);
  expect(routes.some(({ method }) => method === 'POST')).toBe(true);
});

test('/admin leads to the one tenant that the person administers, and others to their account', async () => {
  const at = async (who: Who) => (await ask(who, 'GET', '/admin')).location;
  expect(await at('owner')).toBe(`/admin/${world.tenants.northwind}`);
  expect(await at('member')).toBe('/account');
});

describe('xM2 role x page', () => {
  test('who is not signed in is led to sign in, and nothing happens', async () => {
    for (const { method, path } of routes) {
      const { status, location } = await ask('nobody', method, path);
      expect({ method, path, status, location }).toEqual({ method, path, status: 303, location: expect.stringMatching(/^\/sign-in\?/) });
    }
  });

  test.each(MAY_NOT)('xT1 to a %s the administration of a tenant looks like that of one that does not exist', async (who) => {
    for (const { method, path } of routes) {
      const [there, nowhere] = [await ask(who, method, path), await ask(who, method, path, 'ten_nowhere')];
      expect({ method, path, ...there }).toEqual({ method, path, ...nowhere });
      expect(there.status).toBe(404);
    }
  });

  const lists = routes.filter(({ method, path }) => method === 'GET' && !/:(app|review|user)/.test(path));
  test.each(MAY_SEE)('a %s sees the lists', async (who) => {
    for (const { path } of lists) {
      const { status } = await ask(who, 'GET', path);
      expect({ path, isThere: [200, 303].includes(status) }).toEqual({ path, isThere: true });
    }
  });

  test('who may only look on cannot change anything', async () => {
    for (const { method, path } of routes.filter(({ method }) => method === 'POST')) {
      expect({ path, status: (await ask('viewer', method, path)).status }).toEqual({ path, status: 404 });
    }
  });

  test('xC1 nor can an owner without the token of the form', async () => {
    for (const { method, path } of routes.filter(({ method }) => method === 'POST')) {
      expect([403, 404]).toContain((await ask('owner', method, path)).status);
    }
  });
});
