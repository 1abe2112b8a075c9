import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { aftermath } from '#test/support/aftermath.ts';
import { createHttpBrowser, type HttpBrowser } from '#test/support/http-browser.ts';
import { createManagement, type Management } from '#test/support/management.ts';
import { authorize, basicAuth, begin, connect, exchange, exchangeParameters, post, revoke, signIn } from '#test/support/oauth-flow.ts';
import { registerApp } from '#test/support/register-app.ts';
import { EVERYBODYS, install, tenantToken } from '#test/support/tenant-tokens.ts';
import { startTwoServers, type TwoServers } from '#test/support/two-servers.ts';

let world: TwoServers;
/** The management API of the other server: what one acknowledged, both tell. */
let other: Management;

beforeAll(async () => {
  world = await startTwoServers();
  other = await createManagement(world.assent.servers[1]!.url, world.assent.firstOperator);
}, 60_000);
afterAll(async () => {
  const trouble = aftermath(world);
  await world.stop();
  expect(trouble).toEqual([]);
});

interface Entry {
  readonly id: string;
  readonly type: string;
  readonly at: string;
  readonly tenant: string | null;
  readonly actor: { readonly kind: string; readonly id?: string };
  readonly from: { readonly via: string; readonly address: string } | null;
  readonly details: Readonly<Record<string, any>>;
}

/** Oldest first. */
async function trail(path = `/tenants/${world.tenants.northwind}/audit`): Promise<Entry[]> {
  const { items, next } = await other.get(`${path}?limit=200`);
  if (next !== null) throw new Error('One page is not enough');
  return items.toReversed();
}

async function added(step: () => Promise<unknown>, path?: string): Promise<Entry[]> {
  const before = new Set((await trail(path)).map(({ id }) => id));
  await step();
  return (await trail(path)).filter(({ id }) => !before.has(id));
}

const nameOf = ({ id = '', kind }: Entry['actor']): string =>
  Object.entries({ ...world.people, ...world.apps, operator: world.assent.firstOperator }).find(([, known]) => known.id === id)?.[0] ?? kind;

const told = ({ type, actor, from }: Entry): string => `${nameOf(actor)} ${type} ${from?.via ?? '-'}`;

type Step = readonly [what: string, run: () => Promise<unknown>, ...entries: string[]];

test('I7 each acknowledged change gives exactly one entry with the right actor, none gives what was refused or changed nothing', async () => {
  const { manage, tenants: { northwind }, people: { ada, ben, chloe, dan, erin }, apps: { scheduler, notes } } = world;
  const here = `/tenants/${northwind}`;
  const made: Record<string, any> = {};
  const visitor: HttpBrowser = createHttpBrowser();
  const admin: HttpBrowser = createHttpBrowser();
  await signIn(world, visitor, ben);
  await signIn(world, admin, ada);
  const account = () => visitor.open(`${world.issuer}/account/apps/${northwind}/${scheduler.id}`);
  const refused = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
    const { status } = await manage.ask(method, path, body, headers);
    if (status < 400) throw new Error(`${method} ${path} was not refused: ${status}`);
  };
  const asApp = async (method: string, path: string, body?: unknown) => {
    const { body: { access_token: token } } = await post(world, '/oauth/token', scheduler, { grant_type: 'client_credentials' });
    const answer = await fetch(`${world.issuer}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body !== undefined && { body: JSON.stringify(body) }) });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  };

  const steps: readonly Step[] = [
    ['a group', async () => (made['group'] = await manage.post(`${here}/groups`, { name: 'Sales' })), 'operator group.created api'],
    ['into it', () => manage.put(`${here}/groups/${made['group'].id}/members/${ben.id}`, undefined), 'operator group.member_added api'],
    ['into it again', () => manage.put(`${here}/groups/${made['group'].id}/members/${ben.id}`, undefined)],
    ['a stranger into it', () => refused('PUT', `${here}/groups/${made['group'].id}/members/${erin.id}`)],
    ['out of it', () => manage.remove(`${here}/groups/${made['group'].id}/members/${ben.id}`), 'operator group.member_removed api'],
    ['a role', async () => (made['role'] = await manage.post(`${here}/roles`, { name: 'Helper', capabilities: ['apps.view'] })), 'operator role.created api'],
    ['a role without a name', () => refused('POST', `${here}/roles`, { name: '', capabilities: [] })],
    ['the role for dan', () => manage.change(`${here}/members/${dan.id}`, { role: made['role'].id }), 'operator member.updated api'],
    ['the role gone while dan has it', () => refused('DELETE', `${here}/roles/${made['role'].id}`)],
    ['a member twice', () => refused('POST', `${here}/members`, { user: dan.id })],
    ['a delegation', async () => (made['delegation'] = await manage.post(`${here}/delegations`, { giver: ada.id, receiver: chloe.id, permissions: ['meetings:read'] })), 'operator delegation.given api'],
    ['it changed', () => manage.change(`${here}/delegations/${made['delegation'].id}`, { permissions: ['meetings:read', 'calendar:read'] }), 'operator delegation.changed api'],
    ['it ended', () => manage.remove(`${here}/delegations/${made['delegation'].id}`), 'operator delegation.ended api'],

    ['ben refuses', async () => authorize(begin(world, { parameters: { tenant: northwind } }), ben, { browser: visitor, button: 'Refuse' })],
    ['ben authorizes', async () => (made['tokens'] = (await connect(world, ben, { browser: visitor })).tokens), 'ben app.authorized oauth'],
    ['the app refreshes', () => post(world, '/oauth/token', scheduler, { grant_type: 'refresh_token', refresh_token: made['tokens'].refresh_token })],
    ['Z13 shared access passed on', async () => visitor.submit(await account(), { button: 'Authorize', tick: ['shared_access'] }), 'ben shared_access.granted page'],
    ['passed on already, in another tab', async () => connect(world, ben, { browser: visitor })],
    ['Z13 shared access taken back', async () => visitor.submit(await account(), { button: 'Revoke Shared Access Permissions' }), 'ben shared_access.revoked page'],
    ['a form without its token', () => fetch(`${world.issuer}/account/apps/${northwind}/${scheduler.id}/remove`, { method: 'POST', redirect: 'manual', headers: { origin: world.issuer, cookie: `assent_session=${visitor.cookie(world.issuer, 'assent_session')}` }, body: new URLSearchParams({}) })],
    ['an app that is not there', () => refused('DELETE', `${here}/grants/gnt_000000000000000000000000`)],
    ['the app removed', async () => visitor.submit(await visitor.open(`${world.issuer}/account/apps/${northwind}/${scheduler.id}/remove`), { button: 'Remove app' }), 'ben app.deauthorized page'],
    ['a code used twice', async () => {
      const attempt = begin(world, { parameters: { tenant: northwind } });
      const code = (await authorize(attempt, ben, { browser: visitor })).get('code');
      await exchange(world, attempt, code);
      await post(world, '/oauth/token', scheduler, exchangeParameters(attempt, code));
    }, 'ben app.authorized oauth', 'system tokens.revoked oauth'],
    ['the operator removes it', async () => {
      const { items: [grant] } = await manage.get(`${here}/grants?user=${ben.id}`);
      await manage.remove(`${here}/grants/${grant.id}`);
    }, 'operator app.deauthorized api'],

    ['somebody who is no admin installs', async () => visitor.open(begin(world, { parameters: { tenant: northwind, identity: 'tenant', scope: EVERYBODYS, nonce: undefined } }).url)],
    ['S6 an admin installs', async () => install(world, ada, { scope: `${EVERYBODYS} rooms:read`, permissions: ['rooms:read'] }), 'ada approval.given page', 'ada app.installed oauth'],
    ['the app asks for a token', async () => (made['token'] = (await tenantToken(world)).body.access_token)],
    // What a token is good for is audited, not each token.
    ['S6 the app ends its token', () => revoke(world, scheduler, made['token'])],
    ['S6 the app gives up a permission', () => asApp('DELETE', `/app/tenants/${northwind}/permissions?identity=tenant&permissions=rooms:read`), 'scheduler permissions.changed api'],
    ['S6 the app asks for one', () => asApp('POST', `/app/tenants/${northwind}/requests`, { permissions: { tenant: ['directory:read'] } }), 'scheduler review.requested api'],
    ['S6 the app asks for it again', () => asApp('POST', `/app/tenants/${northwind}/requests`, { permissions: { tenant: ['directory:read'] } })],
    ['xA6 a review denied', async () => {
      const { items: [review] } = await manage.get(`${here}/reviews?state=open`);
      await manage.post(`${here}/reviews/${review.id}/decision`, { verdict: 'deny', reason: 'Not now.' });
      await refused('POST', `${here}/reviews/${review.id}/decision`, { verdict: 'deny', reason: 'Not now.' });
    }, 'operator review.denied api'],
    ['S14 an admin suspends', async () => admin.submit(await admin.open(`${world.issuer}/admin/${northwind}/installations/${scheduler.id}/suspend`), { button: /Suspend/ }), 'ada installation.suspended page'],
    ['S14 suspended again', () => manage.put(`${here}/installations/${scheduler.id}/status`, { status: 'suspended' })],
    ['S14 resumed', () => manage.put(`${here}/installations/${scheduler.id}/status`, { status: 'active' }), 'operator installation.resumed api'],
    ['S14 for some only', async () => manage.ask('PUT', `${here}/installations/${scheduler.id}/data-range`, { dataRange: { kind: 'some', groups: [], members: [ben.id] } }, { 'if-match': '*' }), 'operator data_range.changed api'],
    ['S14 with the wrong tag', () => refused('PUT', `${here}/installations/${scheduler.id}/data-range`, { dataRange: { kind: 'all' } }, { 'if-match': '"1"' })],
    ['S14 all of it gone', async () => admin.submit(await admin.open(`${world.issuer}/admin/${northwind}/installations/${scheduler.id}/remove`), { button: /Remove/ }), 'ada app.uninstalled page'],

    ['an approval', () => manage.post(`${here}/approvals`, { app: notes.id, permissions: { user: ['calendar:read'] } }), 'operator approval.given api'],
    ['the app blocked', () => manage.post(`${here}/approvals`, { app: notes.id, status: 'blocked' }), 'operator approval.blocked api'],
    ['blocked again', () => manage.post(`${here}/approvals`, { app: notes.id, status: 'blocked' })],
    ['the rules', () => manage.change(`${here}/rules`, { sensitive: 'auto' }), 'operator rules.changed api'],
    ['dan leaves', () => manage.remove(`${here}/members/${dan.id}`), 'operator member.removed api'],
    ['dan leaves again', () => refused('DELETE', `${here}/members/${dan.id}`)],
    ['another tenant', async () => manage.post('/tenants', { name: 'Fabrikam' })],
  ];

  const wrong: unknown[] = [];
  const all: Entry[] = [];
  for (const [what, run, ...expected] of steps) {
    const entries = await added(run);
    all.push(...entries);
    const got = entries.map(told);
    if (JSON.stringify(got) !== JSON.stringify(expected)) wrong.push({ what, got, expected });
  }
  expect(wrong).toEqual([]);

  // In the order in which they were acknowledged, each once, each of this tenant, each from here.
  expect((await trail()).slice(-all.length).map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  for (const { tenant, from, actor, details } of all) expect([tenant, from?.address, actor.kind === 'app' && 'user' in details]).toEqual([northwind, '127.0.0.1', false]);

  // M3: nothing that opens anything.
  const secrets = [scheduler.secret, world.assent.firstOperator.secret, ben.password, made['tokens'].access_token, made['tokens'].refresh_token, made['token'], visitor.cookie(world.issuer, 'assent_session'), basicAuth(scheduler).slice(6)];
  const whole = JSON.stringify(await trail()) + JSON.stringify(await trail(`/apps/${scheduler.id}/audit`)) + JSON.stringify(await trail(`/users/${ben.id}/audit`)) + JSON.stringify(await trail('/audit'));
  for (const secret of secrets) expect([typeof secret, whole.includes(secret ?? 'none')]).toEqual(['string', false]);
}, 60_000);

const REVIEW = { basic: 'review', advanced: 'review', restricted: 'review' };

test('I7 of changes at once at two servers each acknowledged one has one entry, and in their order they are a history that can have been', async () => {
  const { tenants: { northwind }, people: { ada, ben, chloe } } = world;
  const here = `/tenants/${northwind}`;
  const servers = [world.manage, other];
  const group = await world.manage.post(`${here}/groups`, { name: 'Crowd' });
  const groupPath = `${here}/groups/${group.id}`;
  const people = [ada, ben, chloe];
  let renamed = 0;
  const entries = await added(async () => {
    const asks = Array.from({ length: 60 }, async (_, place) => {
      const server = servers[place % 2]!;
      if (place % 5 === 0) {
        const { status } = await server.ask('PATCH', groupPath, { name: `Crowd ${place}` }, { 'if-match': '*' });
        if (status === 200) renamed += 1;
        return status;
      }
      const method = Math.floor(place / 3) % 2 === 0 ? 'PUT' : 'DELETE';
      return (await server.ask(method, `${groupPath}/members/${people[place % 3]!.id}`)).status;
    });
    for (const status of await Promise.all(asks)) expect([200, 204, 404]).toContain(status);
  });
  expect(entries.filter(({ type }) => type === 'group.updated')).toHaveLength(renamed);
  for (const { id, name } of people) {
    const history = entries.filter(({ type, details }) => type.startsWith('group.member_') && details['user'] === id).map(({ type }) => type);
    expect({ name, history }).toEqual({ name, history: history.map((_, place) => (place % 2 === 0 ? 'group.member_added' : 'group.member_removed')) });
    const { items } = await other.get(`${groupPath}/members`);
    const isIn = items.some((member: { id?: string; user?: string }) => (member.user ?? member.id) === id);
    expect({ name, isIn }).toEqual({ name, isIn: history.at(-1) === 'group.member_added' });
  }

  // xA6: approved and denied at once, one decision, and the trail agrees with what became of it.
  const planner = await registerApp(world.manage, { name: 'Planner', authMethod: 'none' }, { redirectUris: ['https://planner.example/callback'], permissions: { user: { required: ['calendar:read'] } } });
  await world.manage.change(`${here}/rules`, { levels: { user: REVIEW, tenant: REVIEW } });
  const browser = createHttpBrowser();
  await signIn(world, browser, chloe);
  const dead = await browser.open(begin(world, { app: planner, parameters: { tenant: northwind, scope: 'openid calendar:read' } }).url);
  await browser.submit(dead, { button: /Ask/ });
  const { items: [review] } = await other.get(`${here}/reviews?state=open`);
  const decided = await added(async () => {
    const verdicts = [{ verdict: 'approve' }, { verdict: 'deny', reason: 'Not now.' }, { verdict: 'approve' }, { verdict: 'deny', reason: 'Not now.' }];
    const answers = await Promise.all(verdicts.map((verdict, place) => servers[place % 2]!.ask('POST', `${here}/reviews/${review.id}/decision`, verdict)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409]);
  });
  const { status } = await other.get(`${here}/reviews/${review.id}`);
  const outcomes = decided.filter(({ type }) => type.startsWith('review.'));
  expect(outcomes.map(({ type }) => type)).toEqual([`review.${status}`]);
}, 30_000);
