import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { createHttpBrowser } from '#test/support/http-browser.ts';
import { arrive, authorize, begin, connect, exchange, introspect, refresh, SCOPE } from '#test/support/oauth-flow.ts';
import { startStage, type Stage } from '#test/support/stage.ts';
import type { World } from '#test/support/world.ts';

import { forgetGrants } from './steps.ts';

const LABEL = 'Allow this app to use my shared access permissions';
const REFUSED = {
  status: 403,
  body: { code: 'shared_access_not_permitted', message: 'The user has not permitted this app to use shared access' },
};
const NOT_THEIRS = { status: 403, body: { code: 'forbidden', message: 'This app may not use that data.' } };

let stage: Stage;
let world: World;

beforeAll(async () => {
  stage = await startStage();
  ({ world } = stage);
});
beforeEach(() => forgetGrants(stage));
afterAll(() => stage.stop());

const meetingsOf = async (user: string, token: string) => {
  const response = await fetch(`${stage.platform}/users/${user}/meetings`, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, body: (await response.json()) as any };
};
const ben = () => world.people.ben;
const ada = () => world.people.ada;
const connectSharing = () => connect(world, ben(), { tick: ['shared_access'] });
const delegations = () => `/tenants/${world.tenants.northwind}/delegations`;
/** Ada lets ben read her meetings, as at the beginning. */
const delegate = (permissions = ['meetings:read'], giver = ada()) =>
  world.manage.post(delegations(), { giver: giver.id, receiver: ben().id, permissions });
/** Takes away all that anybody delegated to ben, then does what `test` says, then puts ada's delegation back. */
const withOwnDelegations = async (run: () => Promise<void>) => {
  const end = async () => {
    const { items } = await world.manage.get(`${delegations()}?receiver=${ben().id}`);
    for (const { id } of items) await world.manage.remove(`${delegations()}/${id}`);
  };
  await end();
  try {
    await run();
  } finally {
    await end();
    await delegate();
  }
};

describe('without the tick', () => {
  test('Z2 the same sentence answers for the delegator, a stranger, another tenant’s member and nobody', async () => {
    const { tokens } = await connect(world, ben());
    for (const user of [ada().id, world.people.chloe.id, world.people.erin.id, 'usr_0000000000000000000000', ada().email]) {
      expect(await meetingsOf(user, tokens.access_token)).toEqual(REFUSED);
    }
  });

  test('Z8 the member’s own data is open', async () => {
    const { tokens } = await connect(world, ben());
    const { status, body } = await meetingsOf(ben().id, tokens.access_token);
    expect([status, body.meetings.map(({ title }: { title: string }) => title)]).toEqual([200, ['Team stand-up', 'Warehouse walk-through']]);
  });
});

describe('the box', () => {
  test('Z1 is not there for an app whose version does not say that it can use shared access', async () => {
    const attempt = begin(world, { app: world.apps.notes, parameters: { scope: 'openid calendar:read', tenant: world.tenants.northwind } });
    const page = await arrive(createHttpBrowser(), attempt, ben());
    expect(page.status).toBe(200);
    expect(page.html).toContain('Notes');
    expect(page.html).not.toContain(LABEL);
  });

  test('Z1 is not there in a tenant where nobody delegated anything', async () => {
    const page = await arrive(createHttpBrowser(), begin(world, { parameters: { tenant: world.tenants.contoso } }), ben());
    expect(page.html).toContain('Contoso');
    expect(page.html).not.toContain(LABEL);
  });

  test('Z4 is not ticked by an app that lists shared_access in its scope', async () => {
    const attempt = begin(world, { parameters: { tenant: world.tenants.northwind, scope: `${SCOPE} shared_access` } });
    const browser = createHttpBrowser();
    const page = await arrive(browser, attempt, ben());
    expect(page.html).toContain(LABEL);
    expect(page.forms.flatMap(({ controls }) => controls).find(({ name }) => name === 'shared_access')).toMatchObject({ box: true, checked: false });
    const back = await browser.submit(page, { button: 'Authorize' }, { stopAt: attempt.app.redirectUri });
    const { body } = await exchange(world, attempt, back.url.searchParams.get('code'));
    expect(body.scope.split(' ')).not.toContain('shared_access');
    expect((await introspect(world, body.access_token)).body.scope.split(' ')).not.toContain('shared_access');
  });

  test('Z4 ticked, shared_access is one more scope value in the token response and in introspection', async () => {
    const { tokens } = await connectSharing();
    expect(tokens.scope.split(' ').toSorted()).toEqual([...SCOPE.split(' '), 'shared_access'].toSorted());
    const { body } = await introspect(world, tokens.access_token);
    expect(body.scope.split(' ')).toContain('shared_access');
    expect(body.shared_access_from).toEqual([{ user: ada().id, permissions: ['meetings:read'] }]);
  });

  test('Z4 also when the app asks for less than it has: both say what the token can do', async () => {
    const { tokens, attempt } = await connectSharing();
    const less = await refresh(world, attempt.app, tokens.refresh_token, { scope: 'meetings:read' });
    expect([less.body.scope, (await introspect(world, less.body.access_token)).body.scope]).toEqual(['meetings:read shared_access', 'meetings:read shared_access']);
  });
});

describe('with the tick', () => {
  test('Z3 the token opens the delegator’s data, for the delegated permission only, and nobody else’s', async () => {
    const { tokens } = await connect(world, ben(), {
      parameters: { scope: `${SCOPE} calendar:read` },
      tick: ['shared_access', 'permission=calendar:read'],
    });
    const { status, body } = await meetingsOf(ada().id, tokens.access_token);
    expect([status, body.meetings[0].title]).toEqual([200, 'Board preparation']);
    const calendar = await fetch(`${stage.platform}/users/${ada().id}/calendar`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect({ status: calendar.status, body: await calendar.json() }).toEqual(NOT_THEIRS);
    for (const user of [world.people.chloe.id, world.people.erin.id, 'usr_0000000000000000000000']) {
      expect(await meetingsOf(user, tokens.access_token)).toEqual(NOT_THEIRS);
    }
  });

  test('Z3 the same token stops when the delegation ends, and works again when another begins', async () => {
    await withOwnDelegations(async () => {
      const { id } = await delegate();
      const { tokens } = await connectSharing();
      expect((await meetingsOf(ada().id, tokens.access_token)).status).toBe(200);
      await world.manage.remove(`${delegations()}/${id}`);
      expect(await meetingsOf(ada().id, tokens.access_token)).toEqual(NOT_THEIRS);
      await delegate();
      expect((await meetingsOf(ada().id, tokens.access_token)).status).toBe(200);
    });
  });

  test('Z3 the same token stops when the delegation is narrowed', async () => {
    await withOwnDelegations(async () => {
      const { id } = await delegate(['meetings:read', 'calendar:read']);
      const { tokens } = await connectSharing();
      await world.manage.change(`${delegations()}/${id}`, { permissions: ['calendar:read'] });
      expect(await meetingsOf(ada().id, tokens.access_token)).toEqual(NOT_THEIRS);
    });
  });

  test.each([
    ['leaves', (member: string) => world.manage.remove(member)],
    ['is made inactive', (member: string) => world.manage.change(member, { status: 'inactive' })],
  ])('Z3 the same token stops when its giver %s', async (_, part) => {
    await withOwnDelegations(async () => {
      const giver = world.people.chloe;
      const member = `/tenants/${world.tenants.northwind}/members/${giver.id}`;
      await delegate(['meetings:read'], giver);
      const { tokens } = await connectSharing();
      expect((await meetingsOf(giver.id, tokens.access_token)).status).toBe(200);
      await part(member);
      expect(await meetingsOf(giver.id, tokens.access_token)).toEqual(NOT_THEIRS);
      await world.manage.ask('DELETE', member);
      await world.manage.post(`/tenants/${world.tenants.northwind}/members`, { user: giver.id });
      // Coming back does not bring back what was delegated in the earlier stay.
      expect(await meetingsOf(giver.id, tokens.access_token)).toEqual(NOT_THEIRS);
    });
  });

  test('Z3 it stays through a refresh, and counts in its own tenant only', async () => {
    const { tokens } = await connectSharing();
    const { body } = await refresh(world, world.apps.scheduler, tokens.refresh_token);
    expect(body.scope.split(' ')).toContain('shared_access');
    expect((await meetingsOf(ada().id, body.access_token)).status).toBe(200);

    const attempt = begin(world, { parameters: { tenant: world.tenants.contoso } });
    const answer = await authorize(attempt, ben());
    const elsewhere = await exchange(world, attempt, answer.get('code'));
    expect(await meetingsOf(ada().id, elsewhere.body.access_token)).toEqual(REFUSED);
  });
});
