import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { createManagement, type Management } from '#test/support/management.ts';
import { connect, post, type Reply } from '#test/support/oauth-flow.ts';
import { publishVersion } from '#test/support/register-app.ts';
import { until } from '#test/support/redis.ts';
import { shut } from '#test/support/tenant-tokens.ts';
import { startWorld, type Person, type World } from '#test/support/world.ts';

import { claimsOf, launchSite, postedBy, schedulerVersion, type LaunchSite } from './site.ts';

let passed = 0;
let world: World;
let site: LaunchSite;
let northwind: string;
let people: World['people'];
/** Ada runs it, Ben takes part and has connected the scheduler, Chloe takes part and has not; there is a guest. */
let meeting: string;
let asApp: string;
let manage: Management;

beforeAll(async () => {
  world = await startWorld({ clock: () => Date.now() + passed });
  site = await launchSite(world);
  ({ northwind } = world.tenants);
  ({ people, manage } = world);
  const { id: first } = await world.manage.post(`/tenants/${northwind}/contexts`, {
    kind: 'meeting',
    title: 'Planning',
    number: '555 0100',
    members: [{ user: people.ada.id, role: 'owner' }, { user: people.ben.id, role: 'participant' }, { user: people.chloe.id, role: 'participant' }, { guest: 'phone 1', role: 'guest' }],
  });
  meeting = first;
  await connect(world, people.ben);
  asApp = `Bearer ${(await post(world, '/oauth/token', world.apps.scheduler, { grant_type: 'client_credentials' })).body.access_token}`;
});
afterAll(() => world.stop());

interface Start {
  readonly [field: string]: any;
}
const ask = async (method: string, path: string, authorization: string, body?: object): Promise<Reply> => {
  const response = await fetch(world.issuer + path, { method, headers: { authorization, ...(body && { 'content-type': 'application/json' }) }, ...(body && { body: JSON.stringify(body) }) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
};
const mint = async (who: object): Promise<string> =>
  (await manage.post(`/tenants/${northwind}/launches`, { app: world.apps.scheduler.id, context: meeting, ...who })).fields.context_token;
const startWith = async (token: string): Promise<Start> => (await ask('POST', '/api/v1/app/starts', asApp, { contextToken: token })).body;
const tokenOf = async (person: Person): Promise<string> => `Bearer ${(await site.exchange(await mint({ user: person.id }))).body.access_token}`;
const at = (path = '', context = meeting): string => `/access/v1/contexts/${context}${path}`;
const supported = ({ supported: methods }: Start): string[] => methods.map(({ name }: { name: string }) => name);
const unsupported = ({ unsupported: methods }: Start): string[] => methods.map(({ name, code, permission }: any) => [name, code, permission].filter(Boolean).join(' '));

describe('R1 an app that starts in a context is told what it may call, and why not the rest', () => {
  test('for somebody who has connected it', async () => {
    const token = await mint({ user: people.ben.id });
    const start = await startWith(token);
    expect(start).toMatchObject({ context: { kind: 'meeting', id: meeting }, role: 'participant', authorization: 'authorized', mayAskForMore: false, connect: null });
    expect(supported(start)).toEqual(['meeting.show_app', 'meeting.read_own_entry', 'meeting.raise_hand']);
    expect(unsupported(start)).toEqual([
      'meeting.mute_participant role_not_permitted',
      'meeting.list_participants role_not_permitted',
      'meeting.read_topic_and_number role_not_permitted',
      'meeting.end role_not_permitted',
      'recording.play insufficient_scope recordings:read',
    ]);
    const user = `Bearer ${(await site.exchange(token)).body.access_token}`;
    expect((await ask('GET', at(), user)).body).toEqual(start);
    expect((await ask('POST', '/api/v1/app/starts', asApp, { contextToken: token })).status).toBe(404);
  });

  test('for a member who has not: who it is stays unsaid, and there is a way to ask', async () => {
    const token = await mint({ user: people.chloe.id });
    const claims = claimsOf(token);
    expect(claims).toMatchObject({ sub: claims.context_id, authorization: 'authenticated', permissions: [], shared_access: false, role: 'participant' });
    const start = await startWith(token);
    expect(start).toMatchObject({ authorization: 'authenticated', mayAskForMore: true, connect: `${world.issuer}/launch/${world.apps.scheduler.id}?tenant=${northwind}&context=${meeting}` });
    expect(supported(start)).toEqual(['meeting.show_app']);
    expect(unsupported(start)).toContain('meeting.read_own_entry insufficient_scope meetings:read');
    expect((await site.exchange(token)).body).toMatchObject({ error: 'invalid_grant', error_description: expect.stringMatching(/^insufficient_scope: /) });
    expect(JSON.stringify([start, claims])).not.toContain(people.chloe.id);
  });

  test('for a guest, of whom nothing is to be asked', async () => {
    const token = await mint({ guest: 'phone 1' });
    expect(claimsOf(token)).toMatchObject({ authorization: 'unauthenticated', role: 'guest' });
    const start = await startWith(token);
    expect([start['authorization'], start['mayAskForMore'], start['connect'], supported(start)]).toEqual(['unauthenticated', false, null, ['meeting.show_app']]);
    expect((await site.exchange(token)).status).toBe(400);
    expect((await site.exchange(token, { identity: 'tenant' })).status).toBe(400);
  });

  test('for one thing that it lacks, it learns where the person can give it', async () => {
    await publishVersion(world.manage, world.apps.scheduler.id, schedulerVersion(new URL(site.launchUri).origin));
    const own = await site.meeting({ [people.ben.id]: 'owner' });
    const token = (await world.manage.post(`/tenants/${northwind}/launches`, { app: world.apps.scheduler.id, user: people.ben.id, context: own })).fields.context_token;
    const start = await startWith(token);
    expect(start['mayAskForMore']).toBe(true);
    const { ask: link } = start['unsupported'].find(({ name }: any) => name === 'meeting.end');
    expect(link).toContain(`/apps/${world.apps.scheduler.id}/allow?`);
    expect((await (await site.browserOf(people.ben)).open(link)).html).toContain('Schedule and change your meetings');
  });

  test('R4 and what it is told changes with the role, at once', async () => {
    const user = await tokenOf(people.ben);
    const place = `/tenants/${northwind}/contexts/${meeting}/members/${people.ben.id}`;
    await world.manage.put(place, { role: 'cohost' });
    expect(unsupported((await ask('GET', at(), user)).body)).toContain('meeting.mute_participant insufficient_scope meetings:write');
    await world.manage.put(place, { role: 'participant' });
    expect(unsupported((await ask('GET', at(), user)).body)).toContain('meeting.mute_participant role_not_permitted');
  });

  test('xX2 and nobody else is told', async () => {
    const user = await tokenOf(people.ben);
    const other = await site.meeting({ [people.ada.id]: 'owner' }, { number: '555 0100' });
    for (const id of [other, 'ctx_none', '555%200100']) expect((await ask('GET', at('', id), user)).status).toBe(404);
    expect((await ask('GET', at(), asApp)).status).toBe(401);
    const none = await fetch(world.issuer + at());
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer, DPoP algs="ES256 Ed25519 EdDSA"']);
    const notes = await mint({ user: people.ben.id });
    const elsewhere = await post(world, '/oauth/token', world.apps.scheduler, { grant_type: 'client_credentials' });
    expect((await ask('POST', '/api/v1/app/starts', `Bearer ${elsewhere.body.access_token}`, { contextToken: `${notes}x` })).status).toBe(404);
  });
});

test('I3 xX3 who was disabled, opens nothing and invites nobody, also with a context token from before', async () => {
  const { dan } = people;
  const own = await site.meeting({ [people.ada.id]: 'owner', [dan.id]: 'participant' });
  const launch = () => manage.ask('POST', `/tenants/${northwind}/launches`, { app: world.apps.scheduler.id, context: own, user: dan.id });
  const contextToken = (await launch()).body.fields.context_token;
  const answers = async () => [await launch(), await ask('POST', '/api/v1/app/starts', asApp, { contextToken }), await ask('POST', '/api/v1/app/invitations', asApp, { contextToken })];
  await manage.put(`/users/${dan.id}/status`, { status: 'disabled' });
  expect((await answers()).map(({ status, body }) => [status, body.code])).toEqual(Array.from({ length: 3 }, () => [404, 'not_found']));
  await manage.put(`/users/${dan.id}/status`, { status: 'active' });
  expect((await answers()).map(({ status }) => status)).toEqual([200, 200, 200]);
});

test('R8 only the grant of the owner opens all members, topic and number; anybody else’s opens their own entry', async () => {
  await connect(world, people.ada);
  const [owner, participant] = [await tokenOf(people.ada), await tokenOf(people.ben)];
  expect((await ask('GET', at(), owner)).body.context).toEqual({ kind: 'meeting', id: meeting, title: 'Planning', number: '555 0100' });
  expect((await ask('GET', at(), participant)).body.context).toEqual({ kind: 'meeting', id: meeting, title: null, number: null });
  expect((await ask('GET', at('/members'), owner)).body.items.map(({ user, guest }: any) => user ?? guest).toSorted()).toEqual([people.ada.id, people.ben.id, people.chloe.id, 'phone 1'].toSorted());
  expect((await ask('GET', at('/members'), participant)).body).toEqual({ items: [{ user: people.ben.id, guest: null, role: 'participant', joinedAt: expect.any(String) }], next: null });
  await world.manage.put(`/tenants/${northwind}/contexts/${meeting}/members/${people.ben.id}`, { role: 'owner' });
  await world.manage.put(`/tenants/${northwind}/contexts/${meeting}/members/${people.ada.id}`, { role: 'participant' });
  expect((await ask('GET', at('/members'), owner)).body.items).toHaveLength(1);
  await world.manage.put(`/tenants/${northwind}/contexts/${meeting}/members/${people.ada.id}`, { role: 'owner' });
  await world.manage.put(`/tenants/${northwind}/contexts/${meeting}/members/${people.ben.id}`, { role: 'participant' });
});

test('R8 xT6 who left the tenant stands in no list, also when they are back in the tenant', async () => {
  const { dan } = people;
  const own = await site.meeting({ [people.ben.id]: 'owner', [dan.id]: 'participant' });
  const listed = async () => (await ask('GET', at('/members', own), await tokenOf(people.ben))).body.items.map(({ user }: { user: string }) => user).toSorted();
  expect(await listed()).toEqual([people.ben.id, dan.id].toSorted());
  await manage.remove(`/tenants/${northwind}/members/${dan.id}`);
  expect(await listed()).toEqual([people.ben.id]);
  await manage.post(`/tenants/${northwind}/members`, { user: dan.id });
  expect(await listed()).toEqual([people.ben.id]);
  await manage.put(`/tenants/${northwind}/contexts/${own}/members/${dan.id}`, { role: 'participant' });
  expect(await listed()).toEqual([people.ben.id, dan.id].toSorted());
});

test('R9 a number that two meetings share brings nobody together', async () => {
  const other = await site.meeting({ [people.ben.id]: 'owner' }, { number: '555 0100', title: 'Another' });
  const user = await tokenOf(people.ben);
  expect((await ask('GET', at('/members', other), user)).body.items.map((each: any) => each.user)).toEqual([people.ben.id]);
  expect((await ask('GET', at('', other), user)).body.context).toMatchObject({ id: other, title: 'Another' });
  expect((await ask('GET', at(), user)).body.context).toMatchObject({ id: meeting, title: null });
});

describe('R5 somebody who has not connected the app', () => {
  test('is led through consent from inside the context, and comes back into it', async () => {
    const { dan } = people;
    await world.manage.put(`/tenants/${northwind}/contexts/${meeting}/members/${dan.id}`, { role: 'participant' });
    const browser = await site.browserOf(dan);
    const choice = await site.open(dan, { context: meeting });
    expect(choice.html).toContain('is not connected to your account in');
    expect(choice.html).not.toContain('context_token');
    const without = /href="([^"]+as=guest[^"]*)"/.exec(choice.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(claimsOf(postedBy(await browser.open(world.issuer + without)).context_token)).toMatchObject({ authorization: 'authenticated', context: { id: meeting } });

    const consent = await browser.open(world.issuer + (/href="(\/consent\/[^"]+)"/.exec(choice.html)?.[1] ?? ''));
    expect([consent.status, consent.html.includes('Scheduler Pro')]).toEqual([200, true]);
    const opened = await browser.submit(consent, { button: 'Authorize', tick: ['permission=meetings:write'] });
    const { action, context_token: token } = postedBy(opened);
    expect([action, opened.url.searchParams.get('context')]).toEqual([site.launchUri, meeting]);
    expect(claimsOf(token)).toMatchObject({ sub: dan.id, authorization: 'authorized', permissions: ['meetings:read', 'meetings:write'], context: { kind: 'meeting', id: meeting } });
    expect((await site.exchange(token)).status).toBe(200);
    // The form sent once more is answered on the page, and gives nothing a second time.
    expect((await browser.submit(consent, { button: 'Authorize' })).status).toBe(409);
    expect((await world.manage.get(`/tenants/${northwind}/grants?user=${dan.id}`)).items).toHaveLength(1);
    const [grant] = (await world.manage.get(`/tenants/${northwind}/grants?user=${dan.id}`)).items;
    await world.manage.remove(`/tenants/${northwind}/grants/${grant.id}`);
  });

  test('and refuses is told what is left; nothing was given', async () => {
    const { dan } = people;
    const browser = await site.browserOf(dan);
    const consent = await site.open(dan);
    expect(consent.url.pathname).toMatch(/^\/consent\/launch~/);
    const refused = await browser.submit(consent, { button: /^(Refuse|Cancel|Deny)/ });
    expect([refused.status, refused.url.pathname, refused.html.includes('It opens only when it is connected')]).toEqual([200, `/launch/${world.apps.scheduler.id}`, true]);
    expect((await world.manage.get(`/tenants/${northwind}/grants?user=${dan.id}`)).items).toEqual([]);
  });

  test('xC1 xC2 gives nothing by a forged form, by a link alone, or with somebody else’s', async () => {
    const consent = await site.open(people.dan);
    const other = await (await site.browserOf(people.ben)).open(consent.url);
    expect([other.status, other.forms.some(({ buttons }) => buttons.some(({ text }) => text === 'Authorize'))]).toEqual([400, false]);
    const forged = await fetch(consent.url, { method: 'POST', body: new URLSearchParams({ decision: 'authorize', tenant: northwind }), headers: { cookie: (await site.browserOf(people.dan)).cookies(consent.url) } });
    expect(forged.status).toBe(403);
    const made = (wanted: object) => `launch~${Buffer.from(JSON.stringify(wanted)).toString('base64url')}`;
    const link = { app: world.apps.scheduler.id, tenant: northwind, context: null, redirectUri: null };
    for (const uid of ['launch~', 'launch~e30', 'launch~%00', made({ link: 1 }), made({ link, user: people.dan.id }), made({ link: { ...link, resource: 'list' }, user: people.dan.id })]) {
      expect((await (await site.browserOf(people.dan)).open(`${world.issuer}/consent/${uid}`)).status).toBe(400);
    }
    expect((await world.manage.get(`/tenants/${northwind}/grants?user=${people.dan.id}`)).items).toEqual([]);
  });
});

describe('R6 a participant invites the owner', () => {
  const mails = async (): Promise<string> => (await (await site.browserOf(people.ada)).open(`${world.issuer}/dev/mail`)).html;
  let invited: string;

  beforeAll(async () => {
    invited = await site.meeting({ [people.dan.id]: 'owner', [people.ben.id]: 'participant', [people.chloe.id]: 'guest' }, { title: 'Budget' });
  });
  const invite = async (person: Person = people.ben): Promise<Reply> => ask('POST', at('/invitations', invited), await tokenOf(person));

  test('who gets a link that installs the app and returns to the context', async () => {
    const { status, body } = await invite();
    expect([status, body]).toEqual([200, { invited: 1, link: `${world.issuer}/launch/${world.apps.scheduler.id}?tenant=${northwind}&context=${invited}` }]);
    await until('the mail is there', async () => (await mails()).includes('An invitation to “Scheduler Pro” in “Budget”'));
    const browser = await site.browserOf(people.dan);
    const choice = await browser.open(body.link);
    const consent = await browser.open(world.issuer + (/href="(\/consent\/[^"]+)"/.exec(choice.html)?.[1] ?? ''));
    const opened = await browser.submit(consent, { button: 'Authorize' });
    expect(claimsOf(postedBy(opened).context_token)).toMatchObject({ sub: people.dan.id, role: 'owner', context: { id: invited } });
    expect(await invite()).toMatchObject({ status: 409, body: { code: 'conflict' } });
    const [grant] = (await world.manage.get(`/tenants/${northwind}/grants?user=${people.dan.id}`)).items;
    await world.manage.remove(`/tenants/${northwind}/grants/${grant.id}`);
  });

  test('also without having connected the app; a guest cannot', async () => {
    const launch = async (user: string) =>
      (await world.manage.post(`/tenants/${northwind}/launches`, { app: world.apps.scheduler.id, context: invited, user })).fields.context_token;
    expect(await ask('POST', '/api/v1/app/invitations', asApp, { contextToken: await launch(people.chloe.id) })).toMatchObject({ status: 403, body: { code: 'role_not_permitted' } });
    await world.manage.put(`/tenants/${northwind}/contexts/${invited}/members/${people.chloe.id}`, { role: 'participant' });
    expect(await ask('POST', '/api/v1/app/invitations', asApp, { contextToken: await launch(people.chloe.id) })).toMatchObject({ status: 200, body: { invited: 1 } });
    const guest = await mint({ guest: 'phone 1' });
    expect(await ask('POST', '/api/v1/app/invitations', asApp, { contextToken: guest })).toMatchObject({ status: 403, body: { code: 'role_not_permitted' } });
  });

  test('ten times an hour, and is then refused clearly, also when many are sent at once', async () => {
    const token = await tokenOf(people.ben);
    const send = () => ask('POST', at('/invitations', invited), token);
    const answers = await Promise.all(Array.from({ length: 3 }, send));
    while (answers.filter(({ status }) => status === 200).length < 9) answers.push(await send());
    const refused = await send();
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests', detail: expect.stringContaining('10 times') } });
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait > 3500 && wait <= 3600).toBe(true);
    passed += 3_600_000;
    manage = await createManagement(world.issuer, world.assent.firstOperator);
    expect((await ask('POST', at('/invitations', invited), await tokenOf(people.ben))).status).toBe(200);
  });
});

test('R10 xA2 an app that the tenant shut out is opened for nobody; what is only in review locks nobody out', async () => {
  const path = `/tenants/${northwind}/launches`;
  expect(claimsOf(await mint({ user: people.ben.id })).authorization).toBe('authorized');
  await shut({ ...world, manage }, 'blocked');
  for (const who of [{ user: people.ben.id }, { guest: 'phone 1' }]) {
    expect((await manage.ask('POST', path, { app: world.apps.scheduler.id, context: meeting, ...who })).body.code).toBe('approval_blocked');
  }
  expect((await site.open(people.ben, { context: meeting })).url.pathname).toBe(`/apps/${world.apps.scheduler.id}`);
});
